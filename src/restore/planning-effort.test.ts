import { expect, test, vi } from "vitest";
import { estimateMs } from "./estimate.ts";
import { planRestoration } from "./plan-restoration.ts";
import { PLAIN_PROFILE, savedSequence } from "./testing.ts";

vi.mock("./estimate.ts", { spy: true });

// Each takes about a microsecond, so a plan takes a few milliseconds.
test("a plan for 32,000 tokens in 32 layer groups looks at some thousand staircases", () => {
  const saved = savedSequence({ chunks: 256, groups: 32, valueBytes: 100_000 });
  const read = { fixedMs: 1, bytesPerMs: 100_000 };
  const prefill = { tokenLayerMs: 0.01, tokenLayerKiloMs: 0.001, stepMs: 0.1 };
  planRestoration({ ...PLAIN_PROFILE, read, prefill }, saved);
  const looked = vi.mocked(estimateMs).mock.calls.length;
  expect(looked).toBeGreaterThan(1000);
  expect(looked).toBeLessThan(8000);
});
