import { afterAll, beforeAll, describe, expect, test } from "vitest";
import golden from "../model/golden/golden.json";
import type {
  ChatMessage,
  EngineApi,
  EngineEvent,
  GenerateRequest,
  SamplingOptions,
  TurnSummary,
} from "../protocol/engine-api.ts";
import { ok, type Result } from "../protocol/errors.ts";
import type { MeasureDetails, MeasureName } from "../protocol/measures.ts";
import { createEngine } from "./create-engine.ts";
import { MODEL as GENERATED, plantModel, removeModels } from "./testing/engine-testing.ts";

const MODEL = `${location.origin}/models/pip-4.7m/mlc-q4f16_1/`;
const GREEDY: SamplingOptions = { temperature: 0, maxTokens: 24 };

const events: EngineEvent[] = [];
let engine: EngineApi;

beforeAll(async () => {
  await Promise.all(["webllm/model", "webllm/config"].map((name) => caches.delete(name)));
  engine = createEngine();
  await engine.subscribe((event) => {
    events.push(event);
  });
}, 60_000);

afterAll(async () => {
  await Promise.all(["webllm/model", "webllm/config"].map((name) => caches.delete(name)));
});

const user = (text: string): ChatMessage => ({ role: "user", text });

function assistant({ text, tokens }: TurnSummary): ChatMessage {
  return { role: "assistant", text, tokens };
}

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`failed: ${JSON.stringify(result.failure)}`);
  return result.value;
}

let runs = 0;
const request = (messages: ChatMessage[], sampling = GREEDY): GenerateRequest => ({
  runId: `run ${++runs}`,
  conversationId: "c",
  messages,
  sampling,
});

async function ask(messages: ChatMessage[], sampling = GREEDY): Promise<TurnSummary> {
  return unwrap(await engine.generate(request(messages, sampling), () => undefined));
}

/** The last measure of this name. */
function lastMeasure<Name extends MeasureName>(name: Name): MeasureDetails[Name] {
  const measures = events.flatMap((event) => (event.type === "measure" ? [event.measure] : []));
  return measures.findLast((measure) => measure.name === name)?.detail as MeasureDetails[Name];
}

test("before a model is loaded a turn fails, and says why", async () => {
  const result = await engine.generate(request([user("Hello!")]), () => undefined);
  expect(result).toEqual({ ok: false, failure: { code: "model-not-loaded" } });
});

test.each([
  {
    file: "mlc-chat-config.json",
    change: ['"system_message": ""', `"system_message": "${"x".repeat(40_000)}"`],
    detail: "conv_template.system_message is longer than 32768 letters",
  },
  {
    file: "tokenizer.json",
    change: ['"id": 1,', '"id": 999999,'],
    detail: "the template's <|im_start|> is token 999999, and the model has 272",
  },
])("a $file that no prompt can be made with is refused", async (fault) => {
  const [from = "", to = ""] = fault.change;
  await plantModel(64, { layers: 1 });
  const url = GENERATED + fault.file;
  const found = await (await caches.match(url))?.text();
  const cache = await caches.open(fault.file.startsWith("mlc") ? "webllm/config" : "webllm/model");
  await cache.put(url, new Response(found?.replace(from, () => to)));
  const result = await engine.load({ url: GENERATED });
  expect(result).toMatchObject({ ok: false, failure: { detail: fault.detail } });
  await removeModels();
});

describe("with Pip loaded", () => {
  beforeAll(async () => {
    const info = unwrap(await engine.load({ url: MODEL }));
    expect(info).toMatchObject({ architecture: "llama", quantization: "q4f16_1" });
  }, 120_000);

  test("loading it again is no load", async () => {
    const before = events.length;
    expect(await engine.load({ url: MODEL.slice(0, -1) })).toMatchObject(ok({ url: MODEL }));
    expect(events.length).toBe(before);
  });

  test("the status went from loading, with bytes, to ready", () => {
    const statuses = events.flatMap((event) => (event.type === "status" ? [event.status] : []));
    expect(statuses.map(({ phase }) => phase)).toEqual(
      expect.arrayContaining(["idle", "loading", "ready"]),
    );
    const last = statuses.findLast(({ phase }) => phase === "loading");
    expect(last).toMatchObject({ loadedBytes: 2_636_160, totalBytes: 2_636_160 });
  });

  test("the golden greeting, streamed, and what it measured", async () => {
    let streamed = "";
    const turn = unwrap(
      await engine.generate(request([user("Hello!")]), ({ text }) => {
        streamed += text;
      }),
    );
    const [prompt] = golden.prompts;
    expect(turn.text).toBe(prompt?.greedy_q4_text.replace("<|im_end|>", ""));
    expect(streamed).toBe(turn.text);
    expect(turn).toMatchObject({ finishReason: "stop", promptTokens: prompt?.ids.length });
    expect(turn.tokens?.ids).toEqual(prompt?.greedy_q4.slice(0, -1));

    expect(lastMeasure("chat.prefill")).toMatchObject({ reusedTokens: 0, prefilledTokens: 10 });
    expect(lastMeasure("chat.decode").generatedTokens).toBe(turn.generatedTokens);
    const { breakdown } = lastMeasure("chat.ttft");
    expect(Object.values(breakdown).every((ms) => ms >= 0)).toBe(true);
  });

  test("a next turn prefills only its own tokens, and regenerating it one", async () => {
    const first = await ask([user("My name is Bella.")]);
    const messages = [user("My name is Bella."), assistant(first), user("What is my name?")];
    const second = await ask(messages);
    // What was resident: the first prompt and its reply.
    expect(second.prefilledTokens).toBe(
      second.promptTokens - first.promptTokens - first.generatedTokens,
    );
    const again = await ask(messages);
    expect(again.prefilledTokens).toBe(1);
    expect(again.text).toBe(second.text);
    expect(lastMeasure("chat.prefill").prefilledTokens).toBe(1);
  });

  test("an edit keeps what stands before it, and answers as a fresh engine would", async () => {
    const first = await ask([user("hello pip")]);
    const history = [user("hello pip"), assistant(first)];
    await ask([...history, user("I like the color green.")]);
    const edited = await ask([...history, user("I like the color blue.")]);
    expect(edited.prefilledTokens).toBeLessThan(edited.promptTokens - first.promptTokens);

    await ask([user("Something else altogether.")]);
    const fresh = await ask([...history, user("I like the color blue.")]);
    expect(fresh.prefilledTokens).toBeGreaterThan(edited.prefilledTokens);
    expect(fresh.text).toBe(edited.text);
  });

  test("cancelled: the turn ends within one token, and keeps what it has", async () => {
    const turn = request([user("i want a story about a wizard")], { temperature: 0 });
    let pieces = 0;
    const summary = unwrap(
      await engine.generate(turn, async ({ text }) => {
        // The first piece comes with its token; later ones may stand for several.
        if (pieces++ === 0) await engine.cancel(turn.runId);
        expect(text).not.toBe("");
      }),
    );
    expect(summary.finishReason).toBe("cancelled");
    expect(summary.generatedTokens).toBeLessThanOrEqual(2);
    expect(summary.tokens?.ids.length).toBe(summary.generatedTokens);
    const resumed = await ask(turn.messages.slice());
    expect(resumed.text.startsWith(summary.text)).toBe(true);
  });

  test("cancelled in the middle of a prompt: what was run is kept", async () => {
    const words = "one two three four five six seven eight nine ten ".repeat(60);
    const turn = request([user(words)]);
    const running = engine.generate(turn, () => undefined);
    setTimeout(() => void engine.cancel(turn.runId), 20);
    const summary = unwrap(await running);
    expect(summary).toMatchObject({ finishReason: "cancelled", text: "", generatedTokens: 0 });
    expect(summary.prefilledTokens).toBeLessThan(summary.promptTokens);
    const resumed = await ask([user(words)], { temperature: 0, maxTokens: 1 });
    const opening = 3; // "<|im_start|>", "user", "\\n" were there from the turn before
    expect(resumed.prefilledTokens).toBe(summary.promptTokens - summary.prefilledTokens - opening);
  }, 60_000);

  test("one turn at a time", async () => {
    const first = engine.generate(request([user("Hello!")]), () => undefined);
    const second = await engine.generate(request([user("Hello!")]), () => undefined);
    expect(second).toEqual({ ok: false, failure: { code: "busy" } });
    expect((await first).ok).toBe(true);
  });

  test("the same seed gives the same text, another one another", async () => {
    const story = [user("i want a story about a wizard")];
    const told = async (seed: number) =>
      (await ask(story, { temperature: 1.5, topP: 1, seed, maxTokens: 24 })).text;
    expect(await told(1)).toBe(await told(1));
    expect(await told(1)).not.toBe(await told(2));
  });

  test("a stop string ends the reply before it, and max tokens anywhere", async () => {
    const stopped = await ask([user("Hello!")], { temperature: 0, stop: ["can I"] });
    expect(stopped).toMatchObject({ finishReason: "stop", text: "Hello! How " });
    expect(stopped.tokens).toBeUndefined();
    const cut = await ask([user("Hello!")], { temperature: 0, maxTokens: 2 });
    expect(cut).toMatchObject({ finishReason: "length", text: "Hello!", generatedTokens: 2 });
  });

  test("special tokens that someone types are text", async () => {
    const typed = await ask([user("<|im_end|>")], { temperature: 0, maxTokens: 1 });
    const nothing = await ask([user("")], { temperature: 0, maxTokens: 1 });
    expect(typed.promptTokens).toBeGreaterThan(nothing.promptTokens + 3);
  });

  test("a prompt longer than the context is refused before anything is computed", async () => {
    const before = events.length;
    const result = await engine.generate(request([user("word ".repeat(3000))]), () => undefined);
    expect(result).toMatchObject({
      ok: false,
      failure: { code: "prompt-too-long", contextTokens: 2048 },
    });
    expect(events.length).toBe(before);
  });
});
