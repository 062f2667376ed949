import { user, type TestEngine } from "../../engine/testing/engine-testing.ts";
import { CALIBRATION_CONVERSATIONS } from "../../engine/testing/recall-testing.ts";
import type { ComparedForm } from "../../protocol/engine-measuring.ts";
import type { MeasureName } from "../../protocol/measures.ts";

/** Characters of the conversation: about a thousand tokens. */
const CHARACTERS = 4200;

/** What it took until a conversation was stored in few bytes. Times are counted from the end of the answer, in ms. */
export interface CodingTimes {
  /** Tokens that were prefilled, and how long that took. */
  tokens: number;
  prefillMs: number;
  /** Until chunks were in a form that is safe without judging. */
  safeMs: number;
  /** Until there was a basis; undefined if none was learned. */
  learnedMs: number | undefined;
  /** Until chunks were in the level's form. */
  betterMs: number;
  /** That form, how many forms were judged for it, and how many times fewer bytes than f16 its chunks take. */
  codec: string;
  tried: number;
  ratio: number;
  /** Bytes that were held beside the cache for judging. */
  heldBytes: number;
}

/**
 * Has one long message answered, and waits until what of it may be coded is coded.
 *
 * @param storedAs see `ComparedForm`; undefined: what the level chooses on this device
 */
export async function timeCoding(
  engine: TestEngine,
  storedAs: ComparedForm | undefined,
): Promise<CodingTimes> {
  await engine.api.forceForm(storedAs);
  const id = `coded as ${storedAs ?? "the level chooses"}`;
  const compressed = engine.measured("kv.compress").length;
  const learned = engine.measured("kv.learn").length;
  const summary = await engine.ask(id, [user(longMessage(id))], {
    quality: "balanced",
    maxTokens: 2,
  });
  const endMs = performance.timeOrigin + performance.now();
  const detail = await engine.next("kv.compress", compressed);
  const until = (name: MeasureName) => endOf(engine, name) - endMs;
  return {
    tokens: summary.prefilledTokens,
    prefillMs: engine.tookMs("chat.prefill"),
    safeMs: firstSafe(engine, id) - endMs,
    learnedMs: engine.measured("kv.learn").length > learned ? until("kv.learn") : undefined,
    betterMs: until("kv.compress"),
    codec: detail.codec,
    tried: detail.tried,
    ratio: detail.bytesBefore / detail.bytesAfter,
    heldBytes: detail.heldBytes,
  };
}

/** A text of its own for each conversation, so that none finds the rows of another. */
function longMessage(id: string): string {
  const texts = CALIBRATION_CONVERSATIONS.flatMap(({ messages }) =>
    messages.map(({ text }) => text),
  );
  return `${id}: ${texts.join(" ").slice(0, CHARACTERS)}`;
}

/** When the last measure of a name ended, in ms since the epoch. */
function endOf(engine: TestEngine, name: MeasureName): number {
  const last = engine.events.findLast(
    (event) => event.type === "measure" && event.measure.name === name,
  );
  return last?.type === "measure" ? last.measure.endEpochMs : NaN;
}

/** When a conversation's first chunks were in a safe form, in ms since the epoch. */
function firstSafe(engine: TestEngine, id: string): number {
  for (const event of engine.events)
    if (event.type === "measure" && event.measure.name === "kv.safe") {
      const { detail, endEpochMs } = event.measure;
      if (detail.conversationId === id) return endEpochMs;
    }
  return NaN;
}
