import { expect, test } from "vitest";
import type { EngineStatus } from "../../protocol/engine-api.ts";
import { LoadPace } from "./load-pace.ts";

function controlled() {
  let nowMs = 0;
  const pace = new LoadPace(() => nowMs);
  const load = (atMs: number, loadedBytes: number, url = "u"): EngineStatus => {
    nowMs = atMs;
    return pace.timed({ phase: "loading", url, loadedBytes, totalBytes: 1000 });
  };
  return { pace, load };
}

test("the rest comes as fast as what has come, counted from the first bytes", () => {
  const { load } = controlled();
  expect(load(0, 0)).not.toHaveProperty("remainingMs");
  load(5000, 0);
  expect(load(5500, 50)).not.toHaveProperty("remainingMs");
  expect(load(6000, 100)).toMatchObject({ loadedBytes: 100, remainingMs: 9000 });
  expect(load(7000, 500)).toMatchObject({ remainingMs: 2000 });
});

test("another load begins anew, and so does the next one of the same model", () => {
  const { pace, load } = controlled();
  load(0, 0);
  load(2000, 100);
  expect(load(3000, 100, "v")).not.toHaveProperty("remainingMs");
  expect(pace.timed({ phase: "idle" })).toEqual({ phase: "idle" });
  expect(load(9000, 900, "v")).not.toHaveProperty("remainingMs");
});
