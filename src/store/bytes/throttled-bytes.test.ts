import { expect, test } from "vitest";
import { throttledBytes } from "./throttled-bytes.ts";
import { memoryBytes } from "./value-bytes.ts";

test("reads share a bandwidth, wait for their latency at the same time, and give what was stored", async () => {
  const { bytes, throttle } = throttledBytes(memoryBytes);
  throttle({ bytesPerMs: 10, latencyMs: 20 });
  const values = [100, 200].map((length) => new Uint8Array(length).fill(length % 256));
  const stored = await Promise.all(values.map((value) => bytes.stage(value)));
  const startMs = performance.now();
  expect(await Promise.all(stored.map((one) => bytes.load(one)))).toEqual(values);
  // The latency of 20 ms counts once, and 300 bytes take 30 ms at 10 a millisecond. Timers may fire a little early.
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(48);
});

test("what is gone is gone at any speed", async () => {
  const { bytes, throttle } = throttledBytes(memoryBytes);
  expect(await bytes.load({ file: "none" })).toBeUndefined();
  throttle({ bytesPerMs: 10, latencyMs: 0 });
  expect(await bytes.load({ file: "none" })).toBeUndefined();
});
