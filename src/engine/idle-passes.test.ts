import { expect, test } from "vitest";
import { IdlePasses } from "./idle-passes.ts";

const NEVER = new Promise<never>(() => undefined);
const macrotask = () => new Promise((resolve) => setTimeout(resolve));

function deferred() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}

test("passes run one after the other, each when it is ready", async () => {
  const passes = new IdlePasses({ lost: NEVER });
  const [ready, first] = [deferred(), deferred()];
  const ran: string[] = [];
  passes.start(async () => {
    ran.push("first");
    await first.promise;
  }, ready.promise);
  passes.start(() => Promise.resolve(void ran.push("second")), Promise.resolve());
  await macrotask();
  expect(ran).toEqual([]);
  ready.resolve();
  await macrotask();
  expect(ran).toEqual(["first"]);
  first.resolve();
  await macrotask();
  expect(ran).toEqual(["first", "second"]);
});

test("a turn waits for what uses the cache, and for nothing else", async () => {
  const passes = new IdlePasses({ lost: NEVER });
  const [using, storing] = [deferred(), deferred()];
  let isInterrupted = false;
  const signals: AbortSignal[] = [];
  passes.start(async ({ signal, useCache }) => {
    signals.push(signal);
    await useCache(using.promise);
    await storing.promise;
  }, Promise.resolve());
  await macrotask();
  const interrupted = passes.interrupt().then(() => (isInterrupted = true));
  await macrotask();
  expect(signals[0]?.aborted).toBe(true);
  expect(isInterrupted).toBe(false);
  using.resolve();
  await interrupted;
});

test("what was interrupted before it was ready does not begin", async () => {
  const passes = new IdlePasses({ lost: NEVER });
  const ready = deferred();
  let hasBegun = false;
  passes.start(() => Promise.resolve(void (hasBegun = true)), ready.promise);
  await passes.interrupt();
  ready.resolve();
  await macrotask();
  expect(hasBegun).toBe(false);
});

test("work that fails, or whose device is lost, holds no turn up", async () => {
  const failing = new IdlePasses({ lost: NEVER });
  failing.start(
    ({ useCache }) => useCache(Promise.reject(new Error("out of memory"))),
    Promise.resolve(),
  );
  await macrotask();
  await failing.interrupt();
  const lost = new IdlePasses({ lost: Promise.resolve() });
  lost.start(({ useCache }) => useCache(NEVER), Promise.resolve());
  await macrotask();
  await lost.interrupt();
});

test("what was paused begins again when passes may run, unless a turn came", async () => {
  const passes = new IdlePasses({ lost: NEVER });
  const ran: boolean[] = [];
  const work = async ({ signal }: { signal: AbortSignal }) => {
    await macrotask();
    ran.push(signal.aborted);
  };
  passes.start(work, Promise.resolve());
  await Promise.resolve();
  await Promise.resolve();
  await Promise.resolve();
  passes.pause();
  await macrotask();
  await macrotask();
  expect(ran).toEqual([true]);
  passes.resume();
  await macrotask();
  await macrotask();
  expect(ran).toEqual([true, false]);
  passes.pause();
  passes.resume();
  await macrotask();
  await macrotask();
  expect(ran, "a pass that was done does not begin again").toEqual([true, false]);
  passes.pause();
  passes.start(work, Promise.resolve());
  await passes.interrupt();
  passes.resume();
  await macrotask();
  await macrotask();
  expect(ran, "a turn ends what was paused").toEqual([true, false]);
});
