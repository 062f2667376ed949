import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type {
  ChatMessage,
  EngineApi,
  EngineStatus,
  GenerateRequest,
  ModelReference,
  ReplyDelta,
  TurnSummary,
} from "./engine-api.ts";
import type { EngineProgress } from "./engine-progress.ts";
import { expectToGoOn } from "./cut-reply.conformance.ts";
import type { Result } from "./errors.ts";

interface EngineUnderTest {
  /** A new engine, without a model. */
  create: () => EngineApi;
  /** A model that it can load, and whose greedy replies to the suite's questions have more than three tokens. */
  model: ModelReference;
  /** A place without a model. */
  missing: ModelReference;
  /** Whether it stores no K and V, so that it reads again what another conversation has taken the place of. */
  rereads?: boolean;
}

const MAX_TOKENS = 12;
const TIMEOUT_MS = 60_000;

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`failed: ${JSON.stringify(result.failure)}`);
  return result.value;
}

const failed = (code: string) => ({
  ok: false,
  failure: expect.objectContaining({ code }) as unknown,
});

const user = (text: string): ChatMessage => ({ role: "user", text });

/** An engine, what it told of its status, and turns with a name of their own. */
class Tested {
  readonly statuses: EngineStatus[] = [];
  readonly progress: EngineProgress[] = [];
  readonly api: EngineApi;
  #turns = 0;

  constructor(api: EngineApi) {
    this.api = api;
  }

  async subscribe(): Promise<void> {
    await this.api.subscribe((event) => {
      if (event.type === "status") this.statuses.push(event.status);
      if (event.type === "progress") this.progress.push(event.progress);
    });
  }

  /** Told last, or about to be: from a worker, events come by a way of their own. */
  async lastStatus(expected: EngineStatus): Promise<void> {
    await vi.waitFor(() => {
      expect(this.statuses.at(-1)).toEqual(expected);
    });
  }

  request(messages: readonly ChatMessage[], conversationId = "c"): GenerateRequest {
    const sampling = { temperature: 0, maxTokens: MAX_TOKENS };
    return { runId: `turn ${++this.#turns}`, conversationId, messages, sampling };
  }

  /** A greedy reply, and the pieces it came in. */
  async ask(messages: readonly ChatMessage[]): Promise<TurnSummary & { pieces: string[] }> {
    const pieces: string[] = [];
    const onDelta = ({ text }: ReplyDelta) => void pieces.push(text);
    return { ...unwrap(await this.api.generate(this.request(messages), onDelta)), pieces };
  }
}

const QUESTION = [user("Tell me a long story of a small dog and its friend, the old cat.")];

/**
 * What every engine must do, whatever runs the model. Each engine's test file calls this with its maker.
 *
 * EA1 The status is told at once, and every change of it. EA2 Loading what is loaded returns at once.
 * EA3 Calls that need a model wait for a load. EA4 A reply's pieces are its text. EA5 One turn at a time.
 * EA6 A cancelled turn has what it said so far. EA7 What is in place for the next turn was there before, was
 * loaded or was computed. EA8 Expected failures are data. EA9 After `release` there is no model.
 * EA11 What a turn reads and writes is told while it does, in tokens, and what that took afterwards.
 * EA10 An engine that reads a conversation again says so, with the tokens and the time; no other does.
 * EA11 A system message stands before the first message; another one, or none, is another prompt.
 * EA12 A reply that was cut goes on as if it had never been, and next to nothing is prefilled; or the engine says that it
 * cannot.
 */
export function engineConformance({
  create,
  model,
  missing,
  rereads = false,
}: EngineUnderTest): void {
  let tested: Tested;

  beforeAll(async () => {
    tested = new Tested(create());
    await tested.subscribe();
  }, TIMEOUT_MS);

  afterAll(() => tested.api.release());

  describe("without a model", () => {
    test("EA1: there is none, and that is told at once", async () => {
      await tested.lastStatus({ phase: "idle" });
      expect(tested.statuses).toHaveLength(1);
    });

    test("EA8: a turn and an opening fail, with data", async () => {
      const { api } = tested;
      const opened = await api.open({ conversationId: "c", messages: QUESTION });
      expect(opened).toEqual(failed("model-not-loaded"));
      const answered = await api.generate(tested.request(QUESTION), () => undefined);
      expect(answered).toEqual(failed("model-not-loaded"));
      expect(await api.prefetch({ conversationId: "c", messages: QUESTION })).toEqual(
        failed("cancelled"),
      );
    });

    test(
      "EA8: a load that fails says why, and so does the status",
      async () => {
        const loaded = await tested.api.load(missing);
        expect(loaded.ok).toBe(false);
        if (!loaded.ok) await tested.lastStatus({ phase: "failed", failure: loaded.failure });
      },
      TIMEOUT_MS,
    );

    test(
      "a load that is cancelled returns that, and leaves no model",
      async () => {
        const loading = tested.api.load(model);
        await tested.api.cancelLoad();
        expect(await loading).toEqual(failed("cancelled"));
        await tested.lastStatus({ phase: "idle" });
      },
      TIMEOUT_MS,
    );
  });

  describe("loading", () => {
    test(
      "EA3: a turn waits for it, and one that is cancelled meanwhile has said nothing",
      async () => {
        const { api } = tested;
        const loading = api.load(model);
        const request = tested.request(QUESTION);
        const cancelled = api.generate(request, () => undefined);
        await api.cancel(request.runId);
        const { finishReason, text } = unwrap(await cancelled);
        expect({ finishReason, text }).toEqual({ finishReason: "cancelled", text: "" });
        const answered = api.generate(tested.request(QUESTION), () => undefined);
        const info = unwrap(await loading);
        expect(unwrap(await answered).generatedTokens).toBeGreaterThan(0);
        expect(tested.statuses.map(({ phase }) => phase)).toContain("loading");
        await tested.lastStatus({ phase: "ready", model: info });
      },
      TIMEOUT_MS,
    );

    test("EA2: again returns at once, and tells nothing new", async () => {
      const known = tested.statuses.length;
      const before = tested.statuses.at(-1);
      const again = unwrap(await tested.api.load(model));
      expect(before).toEqual({ phase: "ready", model: again });
      expect(tested.statuses).toHaveLength(known);
    });
  });

  describe("a turn", () => {
    test("EA4: its pieces are its text, within the tokens that were asked for", async () => {
      const reply = await tested.ask(QUESTION);
      expect(reply.pieces.join("")).toBe(reply.text);
      expect(reply.pieces).not.toContain("");
      expect(reply.generatedTokens).toBeGreaterThan(3);
      expect(reply.generatedTokens).toBeLessThanOrEqual(MAX_TOKENS);
      expect(reply.promptTokens).toBeGreaterThanOrEqual(reply.prefilledTokens);
      expect(["stop", "length"]).toContain(reply.finishReason);
      expect(reply.context).toEqual({ droppedMessages: 0, approximate: false });
    });

    test("EA4: a page that is slow to take a piece gets the next one afterwards", async () => {
      let taking = 0;
      let most = 0;
      const onDelta = async () => {
        most = Math.max(most, ++taking);
        await new Promise((resolve) => setTimeout(resolve, 20));
        taking--;
      };
      unwrap(await tested.api.generate(tested.request(QUESTION), onDelta));
      expect({ most, taking }).toEqual({ most: 1, taking: 0 });
    });

    test("EA11: is told as it goes, in its order, and what it took is told with it", async () => {
      const known = tested.progress.length;
      const reply = await tested.ask([user("Tell me of a bird and its nest in the old tree.")]);
      await vi.waitFor(() => {
        expect(tested.progress.at(-1)?.work).toBe("answer");
      });
      const told = tested.progress.slice(known);
      const works = told.map(({ work }) => work);
      expect(works).toContain("prompt");
      expect(works.lastIndexOf("prompt")).toBeLessThan(works.lastIndexOf("answer"));
      expect(new Set(told.map(({ conversationId }) => conversationId))).toEqual(new Set(["c"]));
      const { ttftMs = NaN, decodeMs = NaN } = reply;
      expect(ttftMs).toBeGreaterThanOrEqual(0);
      expect(decodeMs).toBeGreaterThanOrEqual(0);
    });

    test("greedy: the same question has the same answer", async () => {
      const { text } = await tested.ask(QUESTION);
      expect((await tested.ask(QUESTION)).text).toBe(text);
    });

    test("EA5: another one meanwhile is busy, and so is an opening", async () => {
      const { api } = tested;
      const first = api.generate(tested.request(QUESTION), () => undefined);
      const second = await api.generate(tested.request(QUESTION), () => undefined);
      expect(second).toEqual(failed("busy"));
      const request = { conversationId: "d", messages: QUESTION };
      expect(await api.open(request)).toEqual(failed("busy"));
      expect(await api.prefetch(request)).toEqual(failed("cancelled"));
      expect(unwrap(await first).finishReason).not.toBe("cancelled");
    });

    test("EA6: that is cancelled has what it said so far, and the next one is whole", async () => {
      const { api } = tested;
      const whole = await tested.ask(QUESTION);
      const request = tested.request(QUESTION);
      const pieces: string[] = [];
      const cancelled = await api.generate(request, async ({ text }) => {
        pieces.push(text);
        await api.cancel(request.runId);
      });
      const { finishReason, text, generatedTokens } = unwrap(cancelled);
      expect(finishReason).toBe("cancelled");
      expect(pieces.join("")).toBe(text);
      expect(whole.text.startsWith(text)).toBe(true);
      expect(generatedTokens).toBeLessThan(whole.generatedTokens);
      expect((await tested.ask(QUESTION)).text).toBe(whole.text);
    });

    test("EA6: it is cancelled by its own name only", async () => {
      const answered = tested.api.generate(tested.request(QUESTION), () => undefined);
      await tested.api.cancel("another");
      expect(unwrap(await answered).finishReason).not.toBe("cancelled");
    });
  });

  describe("a conversation that is opened", () => {
    test("EA7: what is in place was there before, loaded or computed", async () => {
      const request = { conversationId: "opened", messages: QUESTION };
      const opened = unwrap(await tested.api.open(request));
      const { residentTokens, reusedTokens, loadedTokens, recomputedTokens } = opened;
      expect(residentTokens).toBe(reusedTokens + loadedTokens + recomputedTokens);
      const again = unwrap(await tested.api.open(request));
      expect(again).toEqual({
        ...opened,
        reusedTokens: residentTokens,
        loadedTokens: 0,
        recomputedTokens: 0,
      });
    });

    test("EA7: is answered as if it had not been", async () => {
      const { text } = await tested.ask(QUESTION);
      const request = tested.request(QUESTION, "opened");
      const answer = unwrap(await tested.api.generate(request, () => undefined));
      expect(answer.text).toBe(text);
    });
  });

  test(
    "EA10: what is read again is said, and nothing else is",
    async () => {
      const first = await tested.ask(QUESTION);
      expect(first.rereading).toBeUndefined();
      const answer = { role: "assistant" as const, text: first.text };
      const longer = [...QUESTION, answer, user("And then?")];
      await tested.ask([user("Tell me something else, of a tree and a bird.")]);
      const { rereading, promptTokens } = await tested.ask(longer);
      if (rereads) expect(rereading).toMatchObject({ tokens: promptTokens });
      else expect(rereading).toBeUndefined();
    },
    TIMEOUT_MS,
  );

  test(
    "EA11: a system message is part of the prompt, and can be changed and taken back",
    async () => {
      const none = await tested.ask(QUESTION);
      const asked = (text: string) => tested.ask([{ role: "system", text }, ...QUESTION]);
      const brief = await asked("You are brief.");
      expect(brief.promptTokens).toBeGreaterThan(none.promptTokens);
      const kind = await asked("You are kind, and you always tell a story of two dogs.");
      expect(kind.promptTokens).toBeGreaterThan(brief.promptTokens);
      const { promptTokens, text } = await tested.ask(QUESTION);
      expect({ promptTokens, text }).toEqual({ promptTokens: none.promptTokens, text: none.text });
    },
    TIMEOUT_MS,
  );

  test(
    "EA12: a reply that was cut goes on as if it had never been, or the engine says that it cannot",
    async () => {
      const { cannotContinue } = unwrap(await tested.api.load(model));
      const whole = await tested.ask(QUESTION);
      await expectToGoOn({
        api: tested.api,
        request: tested.request(QUESTION, "cut"),
        whole,
        cannotContinue,
      });
    },
    TIMEOUT_MS,
  );

  test(
    "EA9: a model that was released is gone, and the next load begins anew",
    async () => {
      const { text } = await tested.ask(QUESTION);
      await tested.api.release();
      await tested.lastStatus({ phase: "idle" });
      const answered = await tested.api.generate(tested.request(QUESTION), () => undefined);
      expect(answered).toEqual(failed("model-not-loaded"));
      unwrap(await tested.api.load(model));
      expect((await tested.ask(QUESTION)).text).toBe(text);
    },
    TIMEOUT_MS,
  );
}
