import { afterAll, beforeAll, expect, test } from "vitest";
import { createStore } from "../store/create-store.ts";
import {
  assistant,
  MODEL,
  plantModel,
  removeModels,
  TestEngine,
  unwrap,
  user,
} from "./testing/engine-testing.ts";

beforeAll(() => plantModel(1024), 60_000);
afterAll(removeModels);

test("rows that are not stored yet are stored before another model takes the device", async () => {
  const store = createStore({ databaseName: `switch ${crypto.randomUUID()}` });
  const engine = await TestEngine.start(store);
  const question = user("Tell me a long story of a small dog and its friend, the old cat.");
  const answer = await engine.ask("c", [question], { maxTokens: 100 });
  // For the engine a model on a device that was chosen is another one than that on the device it takes by itself.
  unwrap(await engine.api.load({ url: MODEL, device: "processor" }));
  const { conversations } = unwrap(await store.usage());
  expect(conversations.map(({ conversationId }) => conversationId)).toEqual(["c"]);
  const messages = [question, assistant(answer), user("And then?")];
  const { loadedTokens } = await engine.openBy("load", { conversationId: "c", messages });
  expect(loadedTokens).toBeGreaterThan(0);
});
