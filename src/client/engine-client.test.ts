import { afterEach, expect, test, vi } from "vitest";
import type { EngineApi, EngineEvent, EngineStatus, ModelInfo } from "../protocol/engine-api.ts";
import { fail, ok, type EngineFailure, type Result } from "../protocol/errors.ts";
import { EngineClient } from "./engine-client.ts";
import { summary } from "./testing.ts";
import type { WorkerConnection } from "./worker-connection.ts";

const model: ModelInfo = {
  url: "https://example.org/model/",
  architecture: "qwen3",
  quantization: "q4f16_1",
  contextTokens: 4096,
  weightBytes: 1,
  tokenizer: "t",
  sampling: { temperature: 1, topP: 1, repetitionPenalty: 1 },
  adapter: "test",
};
const failure: EngineFailure = { code: "worker-died", worker: "engine", message: "oom" };
const request = { runId: "r", conversationId: "c", messages: [] };
const ignore = () => undefined;
const NOTHING_RESTORED = {
  residentTokens: 0,
  reusedTokens: 0,
  loadedTokens: 0,
  recomputedTokens: 0,
};

/** One life of an engine worker. */
function fakeWorker(overrides: Partial<EngineApi> = {}) {
  let die: (failure: EngineFailure) => void = ignore;
  let emit: (event: EngineEvent) => void = ignore;
  const died = new Promise<EngineFailure>((resolve) => (die = resolve));
  const untilDeath = <T>(answer: Promise<Result<T>>) => Promise.race([answer, died.then(fail)]);
  const calls: string[] = [];
  const api: EngineApi = {
    subscribe: (onEvent) => {
      emit = onEvent;
      emit({ type: "status", status: { phase: "idle" } });
      return Promise.resolve();
    },
    load: ({ url }) => (calls.push(`load ${url}`), untilDeath(Promise.resolve(ok(model)))),
    cancelLoad: () => Promise.resolve(),
    attachStore: () => Promise.resolve(),
    open: ({ messages }) => (
      calls.push(`open ${messages.map(({ text }) => text).join()}`),
      Promise.resolve(ok(NOTHING_RESTORED))
    ),
    generate: ({ runId }) => (
      calls.push(`generate ${runId}`),
      untilDeath(Promise.resolve(ok(summary("Hi"))))
    ),
    cancel: (runId) => (calls.push(`cancel ${runId}`), Promise.resolve()),
    ...overrides,
  };
  const connection: WorkerConnection<EngineApi> = { api, died, terminate: ignore };
  return {
    connection,
    calls,
    untilDeath,
    die: () => die(failure),
    emit: (e: EngineEvent) => emit(e),
  };
}

function client(...workers: ReturnType<typeof fakeWorker>[]) {
  const spawn = vi.fn(() => {
    const worker = workers[spawn.mock.calls.length - 1];
    if (!worker) throw new Error("no more workers in this test");
    return worker.connection;
  });
  return { engine: new EngineClient({ spawn }), spawn };
}

afterEach(() => {
  vi.restoreAllMocks();
  performance.clearMeasures();
});

test("the worker starts when it is first needed, once", async () => {
  const worker = fakeWorker();
  const { engine, spawn } = client(worker);
  await engine.cancel("r");
  await engine.cancelLoad();
  expect(spawn).not.toHaveBeenCalled();
  expect(await engine.load(model)).toEqual(ok(model));
  expect(await engine.generate(request, ignore)).toEqual(ok(summary("Hi")));
  expect(spawn).toHaveBeenCalledOnce();
  expect(worker.calls).toEqual([`load ${model.url}`, "generate r"]);
});

test("the status is the worker's, and listeners hear of every change", async () => {
  const worker = fakeWorker();
  const { engine } = client(worker);
  const seen: string[] = [];
  const unsubscribe = engine.subscribe(() => seen.push(engine.getSnapshot().phase));
  expect(engine.getSnapshot()).toEqual({ phase: "idle" });
  await engine.load(model);
  worker.emit({ type: "status", status: { phase: "ready", model } });
  expect(engine.getSnapshot()).toEqual({ phase: "ready", model });
  unsubscribe();
  worker.emit({ type: "status", status: { phase: "recovering" } });
  expect(seen).toEqual(["idle", "ready"]);
});

test("measures appear on the page's own timeline", async () => {
  const worker = fakeWorker();
  const { engine } = client(worker);
  await engine.load(model);
  const detail = { runId: "r", conversationId: "c", generatedTokens: 5, tpotMs: 2 };
  const [startEpochMs, endEpochMs] = [performance.timeOrigin + 100, performance.timeOrigin + 150];
  worker.emit({
    type: "measure",
    measure: { name: "chat.decode", startEpochMs, endEpochMs, detail },
  });
  const [measure] = performance.getEntriesByName("chat.decode") as PerformanceMeasure[];
  expect(measure?.startTime).toBeCloseTo(100, 1);
  expect(measure?.duration).toBeCloseTo(50, 1);
  expect(measure?.detail).toEqual(detail);
});

test("a measure that began before the page's clock did is no error", async () => {
  const worker = fakeWorker();
  const { engine } = client(worker);
  await engine.load(model);
  const detail = { runId: "r", conversationId: "c", generatedTokens: 5, tpotMs: 2 };
  const startEpochMs = performance.timeOrigin - 5;
  worker.emit({
    type: "measure",
    measure: { name: "chat.decode", startEpochMs, endEpochMs: startEpochMs + 1, detail },
  });
  expect(performance.getEntriesByName("chat.decode")).toMatchObject([{ startTime: 0 }]);
});

test("a death is the status, and fails the turn in flight", async () => {
  const worker = fakeWorker();
  worker.connection.api.generate = () => worker.untilDeath(new Promise<never>(ignore));
  const { engine } = client(worker);
  await engine.load(model);
  const turn = engine.generate(request, ignore);
  worker.die();
  expect(await turn).toEqual(fail(failure));
  expect(engine.getSnapshot()).toEqual({ phase: "failed", failure });
});

test("after a death, the next turn starts a worker and loads the model before it", async () => {
  const [first, second] = [fakeWorker(), fakeWorker()];
  const { engine } = client(first, second);
  await engine.load(model);
  first.die();
  await first.connection.died;
  expect(await engine.generate(request, ignore)).toEqual(ok(summary("Hi")));
  expect(second.calls).toEqual([`load ${model.url}`, "generate r"]);
  expect(engine.getSnapshot()).toEqual({ phase: "idle" });
});

test("when the model cannot be loaded again, the turn fails for that reason", async () => {
  const unreachable = { code: "model-unreachable", url: model.url } as const;
  const first = fakeWorker();
  const second = fakeWorker({
    load: () => Promise.resolve(fail(unreachable)),
    generate: () => Promise.resolve(fail({ code: "model-not-loaded" })),
  });
  const { engine } = client(first, second);
  await engine.load(model);
  first.die();
  await first.connection.died;
  expect(await engine.generate(request, ignore)).toEqual(fail(unreachable));
});

test("a turn can be cancelled while the model is loaded again for it", async () => {
  const [first, second] = [fakeWorker(), fakeWorker()];
  const { engine } = client(first, second);
  await engine.load(model);
  first.die();
  await first.connection.died;
  const turn = engine.generate(request, ignore);
  await engine.cancel("r");
  await turn;
  expect(second.calls).toEqual([`load ${model.url}`, "generate r", "cancel r"]);
});

test("a model whose load was cancelled is not loaded again", async () => {
  const first = fakeWorker({ load: () => Promise.resolve(fail({ code: "cancelled" })) });
  const second = fakeWorker();
  const { engine } = client(first, second);
  await engine.load(model);
  first.die();
  await first.connection.died;
  await engine.generate(request, ignore);
  expect(second.calls).toEqual(["generate r"]);
});

test("a dead worker's late events are not heard", async () => {
  const [first, second] = [fakeWorker(), fakeWorker()];
  const { engine } = client(first, second);
  await engine.load(model);
  first.die();
  await first.connection.died;
  await engine.load(model);
  first.emit({ type: "status", status: { phase: "recovering" } });
  expect(engine.getSnapshot()).toEqual({ phase: "idle" });
});

const prompt = (...texts: string[]) => ({
  conversationId: "c",
  messages: texts.map((text, n) => ({ role: n % 2 ? "assistant" : "user", text }) as const),
});

/** An engine with its model. */
async function readyClient(overrides: Partial<EngineApi> = {}) {
  const worker = fakeWorker(overrides);
  const { engine } = client(worker);
  await engine.load(model);
  const become = (status: EngineStatus) => worker.emit({ type: "status", status });
  become({ phase: "ready", model });
  worker.calls.length = 0;
  return { worker, engine, become };
}

test("a conversation is opened once there is a model, and only once", async () => {
  const { worker, engine, become } = await readyClient();
  become({ phase: "loading", url: model.url, loadedBytes: 0, totalBytes: 0 });
  await engine.open(prompt("Hi"));
  expect(worker.calls).toEqual([]);
  become({ phase: "ready", model });
  await Promise.all([engine.open(prompt("Hi")), engine.open(prompt("Hi"))]);
  expect(worker.calls).toEqual(["open Hi"]);
});

test("without a worker, opening starts none", async () => {
  const { engine, spawn } = client();
  await engine.open(prompt("Hi"));
  expect(spawn).not.toHaveBeenCalled();
});

test("after a turn its conversation is open, and another one is not", async () => {
  const { worker, engine } = await readyClient();
  await engine.open(prompt("other"));
  await engine.generate({ runId: "r", ...prompt("Hello?") }, ignore);
  await engine.open(prompt("Hello?", "Hi"));
  expect(worker.calls).toEqual(["open other", "generate r"]);
  await engine.open(prompt("other"));
  expect(worker.calls.at(-1)).toBe("open other");
});

test("what a lost device or another model forgot is opened again", async () => {
  const { worker, engine, become } = await readyClient();
  await engine.open(prompt("Hi"));
  become({ phase: "recovering" });
  become({ phase: "ready", model });
  await engine.open(prompt("Hi"));
  expect(worker.calls).toEqual(["open Hi", "open Hi"]);
});

test("an opening that failed is tried again when it is asked for again; so is a failed turn's", async () => {
  const open = vi.fn(() => Promise.resolve(fail(failure)));
  const { engine } = await readyClient({ open, generate: () => Promise.resolve(fail(failure)) });
  await engine.open(prompt("Hi"));
  await engine.open(prompt("Hi"));
  expect(open).toHaveBeenCalledTimes(2);
  open.mockResolvedValue(ok(NOTHING_RESTORED) as never);
  await engine.open(prompt("Hi"));
  await engine.generate({ runId: "r", ...prompt("Hi") }, ignore);
  await engine.open(prompt("Hi"));
  expect(open).toHaveBeenCalledTimes(4);
});

test("every worker and every measure is told of", async () => {
  const [first, second] = [fakeWorker(), fakeWorker()];
  const started: unknown[] = [];
  const measured: string[] = [];
  const spawn = vi
    .fn()
    .mockReturnValueOnce(first.connection)
    .mockReturnValueOnce(second.connection);
  const engine = new EngineClient({
    spawn,
    onStart: (connection) => started.push(connection),
    onMeasure: ({ name }) => measured.push(name),
  });
  await engine.load(model);
  const detail = { runId: "r", conversationId: "c", generatedTokens: 5, tpotMs: 2 };
  const measure = { name: "chat.decode", startEpochMs: 0, endEpochMs: 1, detail } as const;
  first.emit({ type: "measure", measure });
  expect(measured).toEqual(["chat.decode"]);
  first.die();
  await first.connection.died;
  await engine.load(model);
  expect(started).toEqual([first.connection, second.connection]);
});
