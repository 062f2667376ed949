import { afterEach, expect, test, vi } from "vitest";
import { fail, ok } from "../../protocol/errors.ts";
import { EngineClient } from "./engine-client.ts";
import { summary } from "../testing-engine.ts";
import { client, failure, fakeWorker, ignore, model } from "./testing-engine-worker.ts";

const request = { runId: "r", conversationId: "c", messages: [] };

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

test("what stays on the GPU is told to every worker, before its model", async () => {
  const [first, second] = [fakeWorker(), fakeWorker()];
  const { engine } = client(first, second);
  await engine.measureWith("keepOnGpu", (api) => api.keepOnGpu?.(1024));
  await engine.load(model);
  first.die();
  await first.connection.died;
  await engine.load(model);
  for (const { calls } of [first, second])
    expect(calls).toEqual(["keepOnGpu 1024", `load ${model.url}`]);
});

test("a slower GPU is one for every worker, told before its model", async () => {
  const [first, second] = [fakeWorker(), fakeWorker()];
  const { engine, spawn } = client(first, second);
  await engine.measureWith("throttleGpu", (api) => api.throttleGpu?.(4));
  expect(spawn).not.toHaveBeenCalled();
  await engine.load(model);
  await engine.measureWith("throttleGpu", (api) => api.throttleGpu?.(8));
  expect(first.calls).toEqual(["throttleGpu 4", `load ${model.url}`, "throttleGpu 8"]);
  first.die();
  await first.connection.died;
  await engine.load(model);
  expect(second.calls).toEqual(["throttleGpu 8", `load ${model.url}`]);
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

test("what is being saved is asked of the worker there is; without one nothing is", async () => {
  const worker = fakeWorker();
  const { engine, spawn } = client(worker);
  await engine.saved();
  expect(spawn).not.toHaveBeenCalled();
  await engine.load(model);
  await engine.saved();
  expect(worker.calls.at(-1)).toBe("saved");
});
