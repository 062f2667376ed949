import { afterEach, expect, test, vi } from "vitest";
import { turnIsStored } from "./newest-build.ts";

afterEach(() => void vi.useRealTimers());

test("a turn is stored when it is over and its KV is kept, or has not been for 10 s", async () => {
  vi.useFakeTimers();
  let end: () => void = () => undefined;
  const turn = new Promise<void>((resolve) => (end = resolve));
  const saved = vi.fn(() => new Promise<void>(() => undefined));
  let isStored = false;
  const stored = turnIsStored({ settled: () => turn }, { saved }).then(() => (isStored = true));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(saved).not.toHaveBeenCalled();
  end();
  await vi.advanceTimersByTimeAsync(9_999);
  expect(isStored).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await stored;
  const promptly = { saved: () => Promise.resolve() };
  await turnIsStored({ settled: () => Promise.resolve() }, promptly);
});
