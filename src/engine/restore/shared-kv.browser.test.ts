import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ModelSpec } from "../../model/generate/generate-config.ts";
import type { ChatMessage, TurnSummary } from "../../protocol/engine-api.ts";
import type { RestorationScheme } from "../../protocol/restoration.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { createStore } from "../../store/create-store.ts";
import {
  assistant,
  plantModel,
  removeModels,
  TestEngine,
  unwrap,
  user,
} from "../testing/engine-testing.ts";

/** A chunk of a layer is 16 KiB, so the rows of two cached layers make a value. */
const VALUE_BYTES = 32 * 1024;
/** Bytes of a token's K and V in one layer: two KV heads of 16 numbers each, in f16. */
const ROW_BYTES = 128;
const CHUNK_TOKENS = 128;

/** A model in which layers attend to K and V of others. */
interface SharingModel {
  why: string;
  spec: Partial<ModelSpec>;
  /** How many layers have K and V. */
  cached: number;
  /** For each group of layers that are stored together, the end of the layers that have to run for their rows. */
  run: number[];
}

const CROSS_LAYER: SharingModel = {
  why: "every second layer of six has K and V",
  spec: { layers: 6, kvSharing: { use_cla: true, cla_share_factor: 2 } },
  cached: 3,
  // Layers 0 and 2, and 4 have rows. The last layer has none, and no layer is behind it.
  run: [3, 5],
};
const LAST_LAYERS: SharingModel = {
  why: "the last three layers of six attend to the one before them",
  spec: { layers: 6, kvSharing: { num_kv_shared_layers: 3 } },
  cached: 3,
  run: [2, 3],
};

const QUESTION = user("and what comes then?");
const elsewhere = [user("something else")];

const start = (from?: StoreApi) =>
  TestEngine.start(from, undefined, { valueBytes: VALUE_BYTES, device: "gpu" });

describe.each([CROSS_LAYER, LAST_LAYERS])("$why", ({ spec, cached, run }) => {
  let store: StoreApi;
  let slowStore: StoreApi;
  /** Has only what is stored. */
  let resuming: TestEngine;
  let never: TestEngine;
  let history: ChatMessage[];
  let expected: TurnSummary;

  beforeAll(async () => {
    await plantModel(1024, spec);
    [store, slowStore] = [createStore(), createStore()];
    await store.clearKv();
    const engine = await start(store);
    const question = user("what comes next? ".repeat(30));
    history = [question, assistant(await engine.ask("long", [question]))];
    // This also waits for what is being saved.
    await engine.open("elsewhere", elsewhere);
    never = await start();
    expected = await never.ask("never saved", [...history, QUESTION]);
    resuming = await start(slowStore);
  }, 120_000);

  afterAll(async () => {
    await store.clearKv();
    await removeModels();
  });

  /** Brings the conversation back in one way, and compares what the model says next. */
  async function restoreWith(scheme: RestorationScheme) {
    await resuming.open("elsewhere", elsewhere);
    const known = resuming.measured("kv.restore").length;
    await resuming.openBy(scheme, { conversationId: "long", messages: history });
    const detail = await resuming.next("kv.restore", known);
    const actual = await resuming.ask("long", [...history, QUESTION]);
    expect(actual.tokens).toEqual(expected.tokens);
    const computed = detail.timeline.filter(({ work }) => work === "recompute");
    return { ...detail, computed };
  }

  test("only rows of layers that have K and V are stored", async () => {
    const { conversations } = unwrap(await store.usage());
    const stored = conversations.find(({ conversationId }) => conversationId === "long");
    const restored = await never.open("never saved", history);
    const bytes = restored.residentTokens * cached * ROW_BYTES;
    const kept = (stored?.ownBytes ?? 0) + (stored?.sharedBytes ?? 0);
    // The template's last tokens are not stored, and each value has a header and a checksum.
    expect(kept).toBeGreaterThan(bytes * 0.98);
    expect(kept).toBeLessThan(bytes * 1.02);
  });

  test("after a reload all rows are loaded, and only the new message is prefilled", async () => {
    const restored = await resuming.open("long", history);
    expect(restored.loadedTokens).toBeGreaterThan(4 * CHUNK_TOKENS);
    expect(restored.recomputedTokens).toBeLessThan(4);
    const actual = await resuming.ask("long", [...history, QUESTION]);
    expect(actual.tokens).toEqual(expected.tokens);
    expect(actual.prefilledTokens).toBe(actual.promptTokens - restored.residentTokens);
  }, 60_000);

  test("recomputed rows take only the layers that leave rows", async () => {
    const { computed, loadedTokens } = await restoreWith("recompute");
    expect(loadedTokens).toBe(0);
    expect(new Set(computed.map(({ layers }) => layers.end))).toEqual(new Set(run.slice(-1)));
  }, 60_000);

  test("a staircase: fewer tokens with depth, in whole groups of layers", async () => {
    const { makespanMs } = await restoreWith("recompute");
    const { kvBytes } = unwrap(await store.usage());
    unwrap(await slowStore.throttleReads({ bytesPerMs: kvBytes / makespanMs, latencyMs: 5 }));
    await restoreWith("load");
    const { computed, loadedTokens } = await restoreWith("krul");
    expect(loadedTokens).toBeGreaterThan(0);
    expect(computed.length).toBeGreaterThan(0);
    for (const { layers } of computed) expect([0, ...run]).toContain(layers.start);
    for (const { layers } of computed) expect(run).toContain(layers.end);
  }, 90_000);

  test("a message that is sent meanwhile runs through the layers that are ready", async () => {
    await resuming.open("elsewhere", elsewhere);
    const known = resuming.measured("kv.restore").length;
    const long = [...history, user("tell me more of that. ".repeat(8))];
    const opening = resuming.openBy("load", { conversationId: "long", messages: history });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const actual = await resuming.ask("long", long);
    await opening;
    const { timeline } = await resuming.next("kv.restore", known);
    const first = timeline.find(({ work }) => work === "recompute");
    expect(first?.layers).toEqual({ start: 0, end: run[0] });
    expect(actual.prefilledTokens).toBeLessThan(32);
    expect(actual.tokens).toEqual((await never.ask("never saved", long)).tokens);
  }, 60_000);
});

test("a balanced conversation is coded, loaded and goes on as it would have", async () => {
  await plantModel(1024, CROSS_LAYER.spec);
  const store = createStore();
  const quality = "balanced" as const;
  const engine = await start(store);
  const asked = [user("once upon a time there was a king who had a daughter. ".repeat(5))];
  const told = [...asked, assistant(await engine.ask("balanced", asked, { quality }))];
  const detail = await engine.next("kv.compress", 0);
  expect(detail.failure).toBeUndefined();
  expect(detail.meanKl).toBeLessThanOrEqual(0.005);
  expect(detail.bytesBefore % (CHUNK_TOKENS * CROSS_LAYER.cached * ROW_BYTES)).toBe(0);
  expect(detail.bytesAfter).toBeLessThan(detail.bytesBefore * 0.8);

  // This also waits for what is being saved.
  await engine.open("balanced", told, quality);

  const reloaded = await start(store);
  const opening = { conversationId: "balanced", messages: told, quality };
  const restored = await reloaded.openBy("load", opening);
  expect(restored.recomputedTokens).toBeLessThan(4);
  expect(reloaded.measured("kv.restore").at(-1)).toMatchObject({ refusedChunks: 0 });
  const next = [...told, user("and then?")];
  const went = await engine.ask("balanced", next, { quality });
  expect((await reloaded.ask("balanced", next, { quality })).tokens).toEqual(went.tokens);
}, 90_000);
