import { afterAll, beforeAll, expect, test } from "vitest";
import { createStore } from "../store/create-store.ts";
import {
  assistant,
  plantModel,
  removeModels,
  TestEngine,
  unwrap,
  user,
} from "./testing/engine-testing.ts";

const QUESTION = user("Tell me a long story of a small dog and its friend, the old cat.");
/** As long as a chunk, so that rows would be stored while the answer grows. */
const MAX_TOKENS = 160;

beforeAll(() => plantModel(1024), 60_000);
afterAll(removeModels);

test("nothing of a temporary conversation is stored, and it goes on from memory", async () => {
  const store = createStore({ databaseName: `temporary ${crypto.randomUUID()}` });
  const engine = await TestEngine.start(store);
  const kvBytes = async () => unwrap(await store.usage()).kvBytes;
  const temporary = { isTemporary: true, maxTokens: MAX_TOKENS };

  const first = await engine.ask("temporary", [QUESTION], temporary);
  const longer = [QUESTION, assistant(first), user("And then?")];
  const second = await engine.ask("temporary", longer, temporary);
  expect(second.prefilledTokens).toBeLessThan(second.promptTokens / 2);
  unwrap(
    await engine.api.open({ conversationId: "temporary", messages: longer, isTemporary: true }),
  );
  await engine.api.saved();
  expect(engine.measured("kv.persist")).toEqual([]);
  expect(await kvBytes()).toBe(0);

  await engine.ask("kept", [QUESTION], { maxTokens: MAX_TOKENS });
  await engine.api.saved();
  const kept = await kvBytes();
  expect(kept).toBeGreaterThan(0);
  // What is stored of another conversation is not used, and its use is not noted.
  const fresh = await TestEngine.start(store);
  await fresh.ask("temporary", [QUESTION], temporary);
  expect(fresh.measured("kv.restore")).toEqual([]);
  await fresh.api.saved();
  expect(await kvBytes()).toBe(kept);
}, 60_000);
