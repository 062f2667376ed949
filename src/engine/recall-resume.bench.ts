import { test } from "vitest";
import { recordRow } from "../metrics/bench-rows.ts";
import { PROJECT_ORIGIN } from "../model/testing.ts";
import { createStore } from "../store/create-store.ts";
import { TestEngine } from "./engine-testing.ts";
import { askTwice, RECALL_CONVERSATIONS, recalls } from "./recall-testing.ts";

const PIP = `${PROJECT_ORIGIN}/models/pip-4.7m/mlc-q0f16/`;

test("all recall conversations, before and after a reload", async ({ task }) => {
  const store = createStore();
  await store.clearKv();
  const uninterrupted = await TestEngine.start(store, PIP);
  const resuming = await TestEngine.start(store, PIP);
  const counts = { same: 0, recalledBefore: 0, recalledAfter: 0, loaded: 0, history: 0 };
  for (const [i, conversation] of RECALL_CONVERSATIONS.entries()) {
    const pair = await askTwice(conversation, `recall ${i}`, { uninterrupted, resuming });
    const [before, after] = [pair.uninterrupted, pair.resumed];
    counts.same += Number(after.text === before.text);
    counts.recalledBefore += Number(recalls(before.text, conversation));
    counts.recalledAfter += Number(recalls(after.text, conversation));
    counts.history += pair.storedTokens;
    counts.loaded += pair.restored.reusedTokens + pair.restored.loadedTokens;
  }
  await store.clearKv();
  const of = `of ${RECALL_CONVERSATIONS.length}`;
  const row = (name: string, value: number, unit = of) => {
    recordRow(task, { name, value, unit });
  };
  row("same answer after a reload", counts.same);
  row("fact recalled, uninterrupted", counts.recalledBefore);
  row("fact recalled, after a reload", counts.recalledAfter);
  row("history loaded, not prefilled", counts.loaded / counts.history, "share");
});
