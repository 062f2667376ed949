import { expect, test, vi } from "vitest";
import type { EngineApi, EngineStatus } from "../../protocol/engine-api.ts";
import { fail, ok } from "../../protocol/errors.ts";
import {
  client,
  failure,
  fakeWorker,
  ignore,
  model,
  NOTHING_RESTORED,
} from "./testing-engine-worker.ts";

const prompt = (...texts: string[]) => ({
  conversationId: "c",
  messages: texts.map((text, n) => ({ role: n % 2 ? "assistant" : "user", text }) as const),
});

/** An engine whose model is loaded. */
async function readyClient(overrides: Partial<EngineApi> = {}) {
  const worker = fakeWorker(overrides);
  const { engine } = client(worker);
  await engine.load(model);
  const become = (status: EngineStatus) => worker.emit({ type: "status", status });
  become({ phase: "ready", model });
  worker.calls.length = 0;
  return { worker, engine, become };
}

test("a conversation is opened once a model is on its way, and only once", async () => {
  const { worker, engine, become } = await readyClient();
  become({ phase: "recovering" });
  await engine.open(prompt("Hi"));
  expect(worker.calls).toEqual([]);
  become({ phase: "loading", url: model.url, loadedBytes: 0, totalBytes: 1 });
  await engine.open(prompt("Hi"));
  expect(worker.calls).toEqual(["open Hi"]);
  become({ phase: "loading", url: model.url, loadedBytes: 1, totalBytes: 1 });
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

test("an opening that a change of models ended takes nothing from the one on the next model", async () => {
  const answers: ((answer: Awaited<ReturnType<EngineApi["open"]>>) => void)[] = [];
  const open = vi.fn(
    () => new Promise<Awaited<ReturnType<EngineApi["open"]>>>((resolve) => answers.push(resolve)),
  );
  const { engine, become } = await readyClient({ open });
  const before = engine.open(prompt("Hi"));
  become({ phase: "loading", url: "https://example.org/next/", loadedBytes: 0, totalBytes: 1 });
  const after = engine.open(prompt("Hi"));
  answers[0]?.(fail({ code: "cancelled" }));
  await before;
  answers[1]?.(ok(NOTHING_RESTORED));
  await after;
  await engine.open(prompt("Hi"));
  expect(open).toHaveBeenCalledTimes(2);
});

test("what is open is not prefetched; what is prefetched is opened all the same", async () => {
  const { worker, engine } = await readyClient();
  await engine.open(prompt("Hi"));
  await engine.prefetch(prompt("Hi"));
  expect(worker.calls).toEqual(["open Hi"]);
  await engine.prefetch(prompt("other"));
  await engine.open(prompt("other"));
  expect(worker.calls.slice(1)).toEqual(["prefetch other", "open other"]);
});

test("what made room for a prefetched conversation is opened again", async () => {
  const { worker, engine } = await readyClient();
  await engine.open(prompt("Hi"));
  await engine.prefetch(prompt("other"));
  await engine.open(prompt("Hi"));
  expect(worker.calls).toEqual(["open Hi", "prefetch other", "open Hi"]);
});

test("nothing is prefetched without a worker or its model", async () => {
  const { engine: idle, spawn } = client();
  await idle.prefetch(prompt("Hi"));
  expect(spawn).not.toHaveBeenCalled();
  const { worker, engine, become } = await readyClient();
  become({ phase: "recovering" });
  await engine.prefetch(prompt("Hi"));
  expect(worker.calls).toEqual([]);
});
