import { expect } from "@playwright/test";
import { test } from "./pages/kept-test.ts";
import { measureResume, talk, type ResumeCase } from "./perf/measure-resume.ts";

test("the performance tests' smallest case measures what it says", async ({ profile }) => {
  const chat = await profile.start();
  const asked: ResumeCase = {
    tokens: 200,
    level: "exact",
    schemes: ["load", "recompute"],
    rounds: 1,
  };
  await talk(chat, asked);
  const [load, recompute] = await measureResume(chat, asked);
  expect(load).toMatchObject({ scheme: "load", n: 1, throttle: "none", start: "cold" });
  expect(load?.["bytesRead"]).toBeGreaterThan(128 * 3072);
  expect(load?.["tokensRecomputed"]).toBeLessThan(100);
  expect(recompute).toMatchObject({ scheme: "recompute", bytesRead: 0 });
  expect(recompute?.["tokensRecomputed"]).toBeGreaterThan(150);
  for (const row of [load, recompute]) expect(row?.["ttftMs"]).toBeGreaterThan(0);
});
