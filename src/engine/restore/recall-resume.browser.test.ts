import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROJECT_ORIGIN } from "../../model/testing.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { createStore } from "../../store/create-store.ts";
import { TestEngine } from "../testing/engine-testing.ts";
import { askTwice, RECALL_CONVERSATIONS } from "../testing/recall-testing.ts";

const PIP = `${PROJECT_ORIGIN}/models/pip-4.7m/mlc-q0f16/`;
/** Every eleventh conversation, for a software adapter. `npm run bench -- recall-resume` takes all. */
const STEP = 11;

describe("a fact told before a reload", () => {
  let store: StoreApi;
  let uninterrupted: TestEngine;
  let resuming: TestEngine;

  beforeAll(async () => {
    store = createStore();
    await store.clearKv();
    uninterrupted = await TestEngine.start(store, PIP);
    resuming = await TestEngine.start(store, PIP);
  }, 60_000);

  afterAll(async () => {
    await store.clearKv();
  });

  const cases = RECALL_CONVERSATIONS.map((conversation, i) => ({ conversation, i }));
  test.each(cases.filter(({ i }) => i % STEP === 0))(
    "recall conversation $i gets the same answer",
    async ({ conversation, i }) => {
      const pair = await askTwice(conversation, `recall ${i}`, { uninterrupted, resuming });
      expect(pair.restored.loadedTokens + pair.restored.reusedTokens).toBe(pair.storedTokens);
      expect(pair.resumed.text).toBe(pair.uninterrupted.text);
      expect(pair.resumed.tokens).toEqual(pair.uninterrupted.tokens);
      // The turn runs its own tokens and nothing of what was said before.
      expect(pair.resumed.prefilledTokens).toBe(
        pair.resumed.promptTokens - pair.restored.residentTokens,
      );
    },
    60_000,
  );
});
