import { test } from "vitest";
import { recordRow } from "../../metrics/bench-rows.ts";
import { PROJECT_ORIGIN } from "../../model/testing.ts";
import { QUALITY_LEVELS } from "../../protocol/quality.ts";
import { createStore } from "../../store/create-store.ts";
import { TestEngine } from "../../engine/testing/engine-testing.ts";
import { askTwice, RECALL_CONVERSATIONS, recalls } from "../../engine/testing/recall-testing.ts";

const PIP = `${PROJECT_ORIGIN}/models/pip-4.7m/mlc-q0f16/`;

test.for(QUALITY_LEVELS)(
  "all recall conversations, before and after a reload, %s",
  async (quality, { task }) => {
    const store = createStore();
    await store.clearKv();
    const uninterrupted = await TestEngine.start(store, PIP);
    const resuming = await TestEngine.start(store, PIP);
    const sums = { same: 0, recalledBefore: 0, recalledAfter: 0, loaded: 0, history: 0 };
    const coded = { before: 0, after: 0, chunks: 0, klSum: 0 };
    for (const [i, conversation] of RECALL_CONVERSATIONS.entries()) {
      const engines = { uninterrupted, resuming };
      const pair = await askTwice(conversation, `recall ${i}`, engines, quality);
      const [before, after] = [pair.uninterrupted, pair.resumed];
      sums.same += Number(after.text === before.text);
      sums.recalledBefore += Number(recalls(before.text, conversation));
      sums.recalledAfter += Number(recalls(after.text, conversation));
      sums.history += pair.storedTokens;
      sums.loaded += pair.restored.reusedTokens + pair.restored.loadedTokens;
      coded.before += pair.compressed?.bytesBefore ?? 0;
      coded.after += pair.compressed?.bytesAfter ?? 0;
      coded.chunks += pair.compressed?.chunks ?? 0;
      coded.klSum += (pair.compressed?.meanKl ?? 0) * (pair.compressed?.chunks ?? 0);
    }
    await store.clearKv();
    const of = `of ${RECALL_CONVERSATIONS.length}`;
    const row = (name: string, value: number, unit = of) => {
      recordRow(task, { name: `${quality}: ${name}`, value, unit });
    };
    row("same answer after a reload", sums.same);
    row("fact recalled, uninterrupted", sums.recalledBefore);
    row("fact recalled, after a reload", sums.recalledAfter);
    row("history loaded, not prefilled", sums.loaded / sums.history, "share");
    if (coded.after === 0) return;
    row("coded chunks, f16 bytes over stored ones", coded.before / coded.after, "ratio");
    row("coded chunks", coded.chunks, "chunks");
    row("coded chunks, KL by the guard's replay", coded.klSum / coded.chunks, "nats");
  },
);
