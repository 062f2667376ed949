import { afterAll, expect, test } from "vitest";
import {
  assistant,
  plantModel,
  removeModels,
  TestEngine,
  user,
} from "../testing/engine-testing.ts";

afterAll(removeModels);

test("a model that says the same again and again is stopped, and may be let go on", async () => {
  // With random weights and greedy choices, a model soon runs in a circle.
  await plantModel(1024);
  const engine = await TestEngine.start();
  const question = [user("Hello!")];
  const looping = await engine.ask("c", question, { maxTokens: 900 });
  expect(looping.finishReason).toBe("repetition");
  expect(looping.generatedTokens).toBeGreaterThanOrEqual(192);
  expect(looping.generatedTokens).toBeLessThan(500);
  const further = await engine.ask("c", [...question, assistant(looping)], { maxTokens: 100 });
  expect(further).toMatchObject({ finishReason: "length", generatedTokens: 100 });
  expect(further.text.startsWith(looping.text.replace(/\ufffd+$/, ""))).toBe(true);
  await engine.api.release();
}, 60_000);
