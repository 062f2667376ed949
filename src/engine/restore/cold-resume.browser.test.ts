import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { ChatMessage, TurnSummary } from "../../protocol/engine-api.ts";
import type { RestorationScheme } from "../../protocol/restoration.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { createStore } from "../../store/create-store.ts";
import {
  assistant,
  MODEL,
  plantModel,
  removeModels,
  TestEngine,
  unwrap,
  user,
} from "../testing/engine-testing.ts";

/** A model of which two layers make a value, and a shard has about one layer's weights. */
const OPTIONS = { valueBytes: 32 * 1024, device: "gpu" } as const;
const SPEC = { layers: 6, shardBytes: 24 * 1024 };

const QUESTION = user("and what comes then?");

let store: StoreApi;
let history: ChatMessage[];
let expected: TurnSummary;

beforeAll(async () => {
  await plantModel(1024, SPEC);
  store = createStore();
  await store.clearKv();
  const never = await TestEngine.start(undefined, MODEL, OPTIONS);
  const writer = await TestEngine.start(store, MODEL, OPTIONS);
  const question = user("what comes next? ".repeat(30));
  history = [question, assistant(await writer.ask("cold", [question]))];
  await writer.open("elsewhere", [user("something else")]);
  expected = await never.ask("never saved", [...history, QUESTION]);
}, 60_000);

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(async () => {
  await store.clearKv();
  await removeModels();
});

/** Holds shards back: they are read from the browser's cache when `until` has resolved for them, and found before. */
function holdShards(until: (shard: number) => Promise<unknown>): void {
  const lookedFor = new Set<string>();
  const match = Reflect.get(Cache.prototype, "match");
  vi.spyOn(Cache.prototype, "match").mockImplementation(async function (this: Cache, ...args) {
    const [request] = args;
    const url = request instanceof Request ? request.url : String(request);
    const [, shard] = /params_shard_(\d+)/.exec(url) ?? [];
    if (shard !== undefined && lookedFor.has(shard)) await until(Number(shard));
    if (shard !== undefined) lookedFor.add(shard);
    return match.apply(this, args);
  });
}

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves some time after all pipelines are compiled that are asked for from now on. */
function compiled(): Promise<void> {
  const create = Reflect.get(GPUDevice.prototype, "createComputePipelineAsync");
  return new Promise((resolve) => {
    let pending = 0;
    vi.spyOn(GPUDevice.prototype, "createComputePipelineAsync").mockImplementation(async function (
      this: GPUDevice,
      ...args
    ) {
      pending++;
      const pipeline = await create.apply(this, args);
      await after(300);
      if (--pending === 0) setTimeout(resolve, 300);
      return pipeline;
    });
  });
}

/** Reloads: the model is loaded and the conversation opened at the same time. */
async function resume(scheme: RestorationScheme) {
  const engine = await TestEngine.idle(store, OPTIONS);
  const loading = engine.api.load({ url: MODEL }).then((loaded) => {
    unwrap(loaded);
    return performance.now();
  });
  const request = { conversationId: "cold", messages: history };
  const opening = engine.openBy(scheme, request).then(() => performance.now());
  const [loadedAtMs, openedAtMs] = await Promise.all([loading, opening]);
  return { engine, detail: await engine.next("kv.restore", 0), loadedAtMs, openedAtMs };
}

async function expectRightAnswer(engine: TestEngine): Promise<void> {
  const actual = await engine.ask("cold", [...history, QUESTION]);
  expect(actual.tokens).toEqual(expected.tokens);
}

test("what is stored is loaded before the weights are", async () => {
  holdShards(() => after(300));
  const { engine, detail, loadedAtMs } = await resume("load");
  const lastReadMs = Math.max(
    ...detail.timeline.filter(({ work }) => work === "read").map(({ endMs }) => endMs),
  );
  expect(detail.loadedTokens).toBeGreaterThan(400);
  // Rows that were never stored wait for the weights.
  const firstComputedMs = Math.min(
    ...detail.timeline.filter(({ work }) => work === "recompute").map(({ startMs }) => startMs),
  );
  expect(lastReadMs).toBeLessThan(firstComputedMs);
  expect(loadedAtMs).toBeGreaterThan(0);
  await expectRightAnswer(engine);
}, 60_000);

test("rows are computed behind the weights, layer by layer", async () => {
  const kernels = compiled();
  holdShards((shard) => (shard < 4 ? after(0) : kernels));
  const { engine, detail, loadedAtMs, openedAtMs } = await resume("recompute");
  const computed = detail.timeline.filter(({ work }) => work === "recompute");
  // The first layers were computed before the weights of the last ones were there.
  expect(computed[0]?.layers.start).toBe(0);
  expect(computed[0]?.layers.end).toBeLessThan(6);
  expect(computed.at(-1)?.layers.end).toBe(6);
  expect(openedAtMs).toBeGreaterThan(0);
  expect(loadedAtMs).toBeGreaterThan(0);
  expect(detail.recomputedTokens).toBe(detail.tokens);
  await expectRightAnswer(engine);
}, 60_000);

test("a message that is sent before the weights are there gets the right answer", async () => {
  holdShards(() => after(150));
  const engine = await TestEngine.idle(store, OPTIONS);
  const loading = engine.api.load({ url: MODEL });
  const opening = engine.api.open({ conversationId: "cold", messages: history });
  await expectRightAnswer(engine);
  unwrap(await loading);
  await opening;
  const detail = await engine.next("kv.restore", 0);
  expect(detail.loadedTokens).toBeGreaterThan(400);
}, 60_000);

test("when the weights are damaged, the opening fails as the load does", async () => {
  const match = Reflect.get(Cache.prototype, "match");
  vi.spyOn(Cache.prototype, "match").mockImplementation(async function (this: Cache, ...args) {
    const [request] = args;
    const url = request instanceof Request ? request.url : String(request);
    return url.includes("params_shard_3") ? undefined : match.apply(this, args);
  });
  const engine = await TestEngine.idle(store, OPTIONS);
  const loading = engine.api.load({ url: MODEL });
  await engine.api.forceScheme("recompute");
  const request = { conversationId: "cold", messages: history };
  const opened = await engine.api.open(request);
  const loaded = await loading;
  expect(loaded.ok).toBe(false);
  expect(opened.ok).toBe(false);
  vi.restoreAllMocks();
  unwrap(await engine.api.load({ url: MODEL }));
  await expectRightAnswer(engine);
}, 60_000);
