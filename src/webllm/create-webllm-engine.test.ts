import { expect, test, vi } from "vitest";
import { engineConformance } from "../protocol/engine-api.conformance.ts";
import type {
  ChatMessage,
  EngineApi,
  EngineEvent,
  EngineStatus,
  GenerateRequest,
  TurnSummary,
} from "../protocol/engine-api.ts";
import type { Result } from "../protocol/errors.ts";
import { createWebLlmEngine } from "./create-webllm-engine.ts";
import { webLlmError, type RecordedMlcEngine } from "./mlc-engine-testing.ts";
import { DIRECTORY, LIBRARY_URL, REFERENCE, surroundings } from "./webllm-testing.ts";

engineConformance({
  create: () => createWebLlmEngine(surroundings().parts),
  model: REFERENCE,
  missing: { ...REFERENCE, url: "https://huggingface.co/rekindle-test/none" },
  rereads: true,
});

const user = (text: string): ChatMessage => ({ role: "user", text });
const assistant = (text: string): ChatMessage => ({ role: "assistant", text });

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`failed: ${JSON.stringify(result.failure)}`);
  return result.value;
}

/** An engine with what it told, and what it was made of. */
async function start(prepare?: (engine: RecordedMlcEngine) => void) {
  const around = surroundings(prepare);
  const api = createWebLlmEngine(around.parts);
  const events: EngineEvent[] = [];
  await api.subscribe((event) => void events.push(event));
  const statuses = (): EngineStatus[] =>
    events.flatMap((event) => (event.type === "status" ? [event.status] : []));
  return { ...around, api, events, statuses };
}

let runs = 0;
const request = (
  messages: readonly ChatMessage[],
  fields: Partial<GenerateRequest> = {},
): GenerateRequest => ({ runId: `r${++runs}`, conversationId: "c", messages, ...fields });

const ask = async (
  api: EngineApi,
  messages: readonly ChatMessage[],
  fields?: Partial<GenerateRequest>,
): Promise<TurnSummary> => unwrap(await api.generate(request(messages, fields), () => undefined));

test("a load brings every file into the cache, and WebLLM is given one model that it finds there", async () => {
  const { api, cache, engines, statuses, events } = await start();
  const info = unwrap(await api.load(REFERENCE));
  expect([...cache.files.keys()].toSorted()).toEqual([
    `webllm/config ${DIRECTORY}mlc-chat-config.json`,
    `webllm/model ${DIRECTORY}params_shard_0.bin`,
    `webllm/model ${DIRECTORY}tensor-cache.json`,
    `webllm/model ${DIRECTORY}tokenizer.json`,
    `webllm/wasm ${LIBRARY_URL}`,
  ]);
  expect(engines[0]?.appConfig).toEqual({
    cacheBackend: "cache",
    model_list: [
      {
        model: DIRECTORY,
        model_id: "Pip-q4f16_1-MLC",
        model_lib: LIBRARY_URL,
        integrity: { model_lib: expect.stringMatching(/^sha256-[\w+/]{43}=$/) as unknown },
        overrides: { context_window_size: 1000 },
      },
    ],
  });
  expect(info).toMatchObject({
    url: DIRECTORY,
    name: "Pip-q4f16_1",
    quantization: "q4f16_1",
    contextTokens: 1000,
    gpuBytes: 1e7,
    adapter: "test adapter",
    device: "gpu",
  });
  const loaded = statuses().flatMap((status) =>
    status.phase === "loading" ? [status.loadedBytes / (status.totalBytes || 1)] : [],
  );
  expect(loaded[0]).toBe(0);
  expect(loaded.at(-1)).toBe(1);
  expect(events).toContainEqual(
    expect.objectContaining({
      measure: expect.objectContaining({ name: "model.load" }) as unknown,
    }),
  );
});

test("what is in the cache is not fetched again, and not asked about", async () => {
  const { parts, server, api } = await start();
  unwrap(await api.load(REFERENCE));
  server.isReachable = false;
  const again = createWebLlmEngine(parts);
  expect(await again.load({ ...REFERENCE, maxDownloadBytes: 0 })).toMatchObject({ ok: true });
});

test("more than was agreed to is not downloaded", async () => {
  const { api, server, statuses } = await start();
  const refused = await api.load({ ...REFERENCE, maxDownloadBytes: 1000 });
  expect(refused).toMatchObject({ ok: false, failure: { code: "download-not-agreed" } });
  expect(server.requests.toSorted()).toEqual(["mlc-chat-config.json", "tensor-cache.json"]);
  expect(statuses().at(-1)).toEqual({ phase: "idle" });
});

test.each<[Error, object]>([
  [webLlmError("ShaderF16SupportError"), { code: "gpu-feature-missing", feature: "shader-f16" }],
  [
    webLlmError("FeatureSupportError", "This model requires feature subgroups, which is not"),
    { code: "gpu-feature-missing", feature: "subgroups" },
  ],
  [webLlmError("DeviceLostError"), { code: "out-of-memory", neededBytes: 1e7 }],
  [webLlmError("IntegrityError"), { code: "library-changed", url: LIBRARY_URL }],
  [webLlmError("LinkError", "import ResetThreadPool"), { code: "model-invalid" }],
  [new Error("tvm: check failed"), { code: "webllm-failed", detail: "tvm: check failed" }],
])(
  "a load that WebLLM fails with %s says so as data, and the next one succeeds",
  async (error, failure) => {
    let isFirst = true;
    const { api } = await start((engine) => {
      if (isFirst) engine.reloadError = error;
      isFirst = false;
    });
    expect(await api.load(REFERENCE)).toMatchObject({ ok: false, failure });
    expect(await api.load(REFERENCE)).toMatchObject({ ok: true });
  },
);

test("code of WebLLM's that cannot be had fails the load as data, and the next load succeeds", async () => {
  const { api, parts } = await start();
  vi.spyOn(parts, "createEngine").mockRejectedValueOnce(new TypeError("offline"));
  expect(await api.load(REFERENCE)).toMatchObject({ failure: { code: "webllm-failed" } });
  expect(await api.load(REFERENCE)).toMatchObject({ ok: true });
});

test("a load that is cancelled while weights go to the GPU returns at once, and gives them back", async () => {
  const { api, engines, statuses } = await start((engine) => (engine.stepMs = 50));
  const loading = api.load(REFERENCE);
  await vi.waitFor(() => expect(engines).toHaveLength(1));
  await api.cancelLoad();
  expect(await loading).toMatchObject({ failure: { code: "cancelled" } });
  expect(statuses().at(-1)).toEqual({ phase: "idle" });
  await vi.waitFor(() => expect(engines[0]).toMatchObject({ isLoaded: false }));
  unwrap(await api.load(REFERENCE));
  expect(engines.map(({ isLoaded }) => isLoaded)).toEqual([false, true]);
});

test("WebLLM goes on with a conversation that it holds, and re-reads any other", async () => {
  const { api, events } = await start();
  unwrap(await api.load(REFERENCE));
  const first = await ask(api, [user("one two")]);
  expect(first.rereading).toBeUndefined();
  const history = [user("one two"), assistant(first.text)];
  expect(unwrap(await api.open({ conversationId: "c", messages: history }))).toMatchObject({
    residentTokens: first.promptTokens + first.generatedTokens,
    loadedTokens: 0,
    recomputedTokens: 0,
  });
  const second = await ask(api, [...history, user("three")]);
  expect(second.prefilledTokens).toBe(3);
  expect(second.promptTokens).toBeGreaterThan(second.prefilledTokens);
  expect(second.rereading).toBeUndefined();

  await ask(api, [user("another")], { conversationId: "d" });
  const back = await ask(api, [...history, user("three")]);
  expect(back.prefilledTokens).toBe(back.promptTokens);
  expect(back.rereading).toEqual({ tokens: back.promptTokens, ms: expect.any(Number) as unknown });
  const prefills = events.flatMap((event) =>
    event.type === "measure" && event.measure.name === "chat.prefill" ? [event.measure.detail] : [],
  );
  expect(prefills.map(({ reusedTokens }) => reusedTokens > 0)).toEqual([false, true, false, false]);
});

test("reasoning comes apart, does not go back, and a stop string ends the text", async () => {
  const { api, engines } = await start((engine) => {
    engine.reply = "<think> Hm, STOP? </think> A dog STOP barks all day long, and all night too";
  });
  unwrap(await api.load(REFERENCE));
  const pieces = { reasoning: "", text: "" };
  const answered = await api.generate(
    request([user("What?")], { sampling: { stop: ["STOP"] } }),
    ({ reasoning = "", text }) => {
      pieces.reasoning += reasoning;
      pieces.text += text;
    },
  );
  const { reasoning, text, finishReason, generatedTokens } = unwrap(answered);
  expect({ reasoning, text }).toEqual({ reasoning: "Hm, STOP?", text: "A dog " });
  expect(pieces).toEqual({ reasoning, text });
  expect(finishReason).toBe("stop");
  expect(generatedTokens).toBeLessThan(9);
  await ask(api, [user("What?"), { ...assistant(text), reasoning }, user("And?")]);
  expect(engines[0]?.requests.at(-1)?.messages[1]).toEqual({
    role: "assistant",
    content: "A dog ",
  });
});

test("both limits of a reply's length have their own names", async () => {
  const { api } = await start((engine) => {
    engine.contextTokens = 20;
    engine.reply = "a b c d e f g h i j k l m n o p q r s t u v w x y z";
  });
  unwrap(await api.load(REFERENCE));
  const short = await ask(api, [user("?")], { sampling: { maxTokens: 3 } });
  expect(short).toMatchObject({ finishReason: "length", text: "a b c", generatedTokens: 3 });
  expect(await ask(api, [user("?")])).toMatchObject({ finishReason: "context-full" });
});

test("a reply that repeats itself is ended, and a reply that was cut does not go on", async () => {
  const { api } = await start((engine) => {
    engine.stepMs = 0;
    engine.reply = "so it is and ".repeat(200);
  });
  unwrap(await api.load(REFERENCE));
  const looping = await ask(api, [user("?")]);
  expect(looping.finishReason).toBe("repetition");
  expect(looping.generatedTokens).toBeLessThan(300);
  const cut = request([user("?"), assistant("so it")]);
  expect(await api.generate(cut, () => undefined)).toMatchObject({
    failure: { code: "cancelled" },
  });
});

test("a conversation longer than the window goes on without its oldest exchanges, and says so", async () => {
  const { api, engines } = await start((engine) => {
    engine.contextTokens = 60;
    engine.reply = "yes it is so";
  });
  const compiled = REFERENCE.compiled && { ...REFERENCE.compiled, contextTokens: 60 };
  unwrap(await api.load({ ...REFERENCE, compiled }));
  const history: ChatMessage[] = [{ role: "system", text: "be brief" }];
  const turns: TurnSummary[] = [];
  for (let turn = 0; turn < 12; turn++) {
    history.push(user("is it so or is it not"));
    turns.push(await ask(api, history));
    history.push(assistant(turns.at(-1)?.text ?? ""));
  }
  const dropped = turns.map(({ context }) => context.droppedMessages);
  expect(dropped[0]).toBe(0);
  expect(dropped.at(-1)).toBeGreaterThan(10);
  expect(dropped).toEqual(dropped.toSorted((a, b) => a - b));
  expect(dropped.every((messages) => messages % 2 === 0)).toBe(true);
  expect(turns.every(({ promptTokens }) => promptTokens <= 60)).toBe(true);
  const last = engines[0]?.requests.at(-1)?.messages ?? [];
  expect(last[0]).toEqual({ role: "system", content: "be brief" });

  // After a reload nothing is known of lengths: WebLLM refuses first.
  const { api: fresh } = await start((engine) => (engine.contextTokens = 60));
  unwrap(await fresh.load({ ...REFERENCE, compiled }));
  const { context, rereading } = await ask(fresh, history.slice(0, -1));
  expect(context.droppedMessages).toBeGreaterThan(0);
  expect(rereading).toBeDefined();
  const tooLong = await fresh.generate(request([user("so ".repeat(100))]), () => undefined);
  expect(tooLong).toMatchObject({
    failure: { code: "prompt-too-long", promptTokens: 102, contextTokens: 60 },
  });
});

test("a turn that is cancelled while its prompt runs waits for nothing, and the next one is whole", async () => {
  const { api } = await start((engine) => (engine.stepMs = 200));
  unwrap(await api.load(REFERENCE));
  const turn = request([user("one two three")]);
  const answered = api.generate(turn, () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const startMs = performance.now();
  await api.cancel(turn.runId);
  expect(unwrap(await answered)).toMatchObject({ finishReason: "cancelled", text: "" });
  expect(performance.now() - startMs).toBeLessThan(100);
  expect((await ask(api, [user("one two three")])).text).toBe("one two three");
});

test("a device that is lost fails the turn, and the model is loaded again by itself", async () => {
  const { api, loseDevice, statuses, engines } = await start((engine) => (engine.stepMs = 20));
  unwrap(await api.load(REFERENCE));
  const answered = api.generate(request([user("one two three four")]), () => loseDevice("reset"));
  expect(await answered).toEqual({ ok: false, failure: { code: "device-lost", message: "reset" } });
  expect(statuses().map(({ phase }) => phase)).toContain("recovering");
  const turn = await ask(api, [user("one two")]);
  expect(turn.text).toBe("one two");
  expect(statuses().at(-1)?.phase).toBe("ready");
  expect(engines).toHaveLength(2);
});

test("a device that is lost while a model is loaded means that there was no room", async () => {
  const { api, loseDevice, engines } = await start((engine) => (engine.stepMs = 50));
  const loading = api.load(REFERENCE);
  await vi.waitFor(() => expect(engines).toHaveLength(1));
  loseDevice();
  expect(await loading).toMatchObject({ failure: { code: "out-of-memory", neededBytes: 1e7 } });
});

test("another model waits until the one before has left the GPU, and ends its turn", async () => {
  const { api, engines, server } = await start((engine) => (engine.stepMs = 20));
  unwrap(await api.load(REFERENCE));
  const other = "https://huggingface.co/rekindle-test/pip/resolve/v2/";
  for (const name of [
    "mlc-chat-config.json",
    "tensor-cache.json",
    "tokenizer.json",
    "params_shard_0.bin",
  ])
    server.changed.set(
      other + name,
      new Uint8Array(await (await server.fetch(DIRECTORY + name, {})).arrayBuffer()),
    );
  const answered = api.generate(request([user("one two three four five")]), () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 60));
  unwrap(await api.load({ ...REFERENCE, url: other }));
  expect(unwrap(await answered).finishReason).toBe("cancelled");
  expect(engines.map(({ isLoaded }) => isLoaded)).toEqual([false, true]);
});

test("a model without a library is not WebLLM's", async () => {
  const { api } = await start();
  expect(await api.load({ url: REFERENCE.url })).toMatchObject({
    failure: { code: "model-unsupported" },
  });
});
