import { expect, test, vi } from "vitest";
import { hasGraphicsCard } from "./graphics-card.ts";

test("an adapter that is software, missing or silent is no graphics card", async () => {
  const api = (adapter: unknown) => ({ requestAdapter: () => Promise.resolve(adapter as null) });
  expect(await hasGraphicsCard(api({ info: { isFallbackAdapter: false } }))).toBe(true);
  expect(await hasGraphicsCard(api({ info: { isFallbackAdapter: true } }))).toBe(false);
  expect(await hasGraphicsCard(api(null))).toBe(false);
  expect(await hasGraphicsCard({ requestAdapter: () => Promise.reject(new Error()) })).toBe(false);
  vi.useFakeTimers();
  const silent = hasGraphicsCard({ requestAdapter: () => new Promise(() => undefined) });
  await vi.advanceTimersByTimeAsync(2000);
  vi.useRealTimers();
  expect(await silent).toBe(false);
});
