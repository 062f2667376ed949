import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ChatMessage, TurnSummary } from "../../protocol/engine-api.ts";
import type { RestorationScheme } from "../../protocol/restoration.ts";
import type { MeasureDetails, RestorationSpan } from "../../protocol/measures.ts";
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

/** A chunk of a layer is 16 KiB: four layers make a value, and ten make three groups. */
const VALUE_BYTES = 64 * 1024;
const LAYERS = 10;
const GROUPS = [4, 8, 10];

let store: StoreApi;
let slowStore: StoreApi;
let engine: TestEngine;
let hampered: TestEngine;
let history: ChatMessage[];
let expected: TurnSummary;

const QUESTION = user("and what comes then?");
const elsewhere = [user("something else")];

const start = (from?: StoreApi) =>
  TestEngine.start(from, undefined, { valueBytes: VALUE_BYTES, device: "gpu" });

beforeAll(async () => {
  await plantModel(1024, { layers: LAYERS });
  store = createStore();
  slowStore = createStore();
  await store.clearKv();
  engine = await start(store);
  const question = user("what comes next? ".repeat(38));
  history = [question, assistant(await engine.ask("long", [question]))];
  await engine.open("elsewhere", elsewhere);
  await slowDownStore(engine.tookMs("chat.prefill"));
  const never = await start();
  expected = await never.ask("never saved", [...history, QUESTION]);
  hampered = await start(slowStore);
}, 120_000);

afterAll(async () => {
  await store.clearKv();
  await removeModels();
});

/** Lets values come about as fast as this machine computes them, whatever else it does. */
async function slowDownStore(computeMs: number): Promise<void> {
  const { kvBytes } = unwrap(await store.usage());
  unwrap(await slowStore.throttleReads({ bytesPerMs: kvBytes / computeMs, latencyMs: 5 }));
}

async function restoreWith(
  scheme: RestorationScheme,
  one = hampered,
): Promise<MeasureDetails["kv.restore"]> {
  await one.open("elsewhere", elsewhere);
  const known = one.measured("kv.restore").length;
  await one.openBy(scheme, { conversationId: "long", messages: history });
  const detail = await one.next("kv.restore", known);
  expect(detail.reusedTokens + detail.loadedTokens + detail.recomputedTokens).toBe(detail.tokens);
  const actual = await one.ask("long", [...history, QUESTION]);
  expect(actual.tokens).toEqual(expected.tokens);
  return detail;
}

/** Through how many layers each chunk was computed, front to back. */
function staircaseOf({ timeline }: MeasureDetails["kv.restore"]): number[] {
  const computed = timeline.filter(({ work }) => work === "recompute");
  return computed
    .toSorted((a, b) => a.tokens.start - b.tokens.start)
    .flatMap(({ tokens, layers }) => {
      const chunks = Math.floor((tokens.end - tokens.start) / 128);
      return Array.from({ length: chunks }, () => layers.end);
    });
}

const bytesOf = (spans: readonly RestorationSpan[]) =>
  spans.filter(({ work }) => work === "read").reduce((sum, { bytes }) => sum + bytes, 0);

describe("every scheme brings back the same rows, each in its own way", () => {
  test("load: nothing is computed but what was never stored", async () => {
    const detail = await restoreWith("load");
    expect(staircaseOf(detail)).toEqual([]);
    expect(bytesOf(detail.timeline)).toBe(detail.bytesRead);
  });

  test("recompute: nothing is loaded", async () => {
    const detail = await restoreWith("recompute");
    expect(detail).toMatchObject({ bytesRead: 0, loadedTokens: 0 });
  });

  test("split: half of the tokens, through all layers", async () => {
    const stairs = staircaseOf(await restoreWith("split"));
    expect(stairs.length).toBeGreaterThanOrEqual(2);
    expect(stairs.every((layers) => layers === 10)).toBe(true);
  });

  test("layerwise: all stored tokens, through the upper layers", async () => {
    const stairs = staircaseOf(await restoreWith("layerwise"));
    const [depth = 0] = stairs;
    expect(stairs.every((layers) => layers === depth)).toBe(true);
    expect([...GROUPS, 0]).toContain(depth);
  });

  test("krul: fewer tokens with depth", async () => {
    // The machine may do more, or less, than before: the engine sees both ways at their present pace.
    const { makespanMs } = await restoreWith("recompute");
    await slowDownStore(makespanMs);
    await restoreWith("load");
    const stairs = staircaseOf(await restoreWith("krul"));
    expect(new Set(stairs).size).toBeGreaterThan(1);
    expect(stairs.every((layers, i) => i === 0 || layers <= (stairs[i - 1] ?? 0))).toBe(true);
    expect(stairs.every((layers) => GROUPS.includes(layers))).toBe(true);
  });

  test("cake and auto: both streams work, until they meet", async () => {
    for (const scheme of ["cake", "auto"] as const) {
      const detail = await restoreWith(scheme);
      const streams = new Set(detail.timeline.map(({ work }) => work));
      expect(streams).toContain("read");
      expect(streams).toContain("recompute");
      expect(detail.bubbleRatio).toBeLessThan(1);
    }
  });

  test("auto: from a fast store everything is loaded", async () => {
    const detail = await restoreWith("auto", engine);
    expect(staircaseOf(detail)).toEqual([]);
  });
});

test("the timeline accounts for all that was done", async () => {
  const { timeline, makespanMs, predictedMs } = await restoreWith("auto");
  expect(predictedMs).toBeGreaterThan(0);
  for (const { startMs, endMs, tokens, layers } of timeline) {
    expect(startMs).toBeGreaterThanOrEqual(0);
    expect(endMs).toBeGreaterThanOrEqual(startMs);
    expect(endMs).toBeLessThanOrEqual(makespanMs);
    expect(tokens.end).toBeGreaterThan(tokens.start);
    expect(layers.end).toBeGreaterThan(layers.start);
  }
});

test("a message that is sent meanwhile runs through the layers that are ready", async () => {
  await hampered.open("elsewhere", elsewhere);
  const known = hampered.measured("kv.restore").length;
  const long = [...history, user("tell me more of that. ".repeat(8))];
  const opening = hampered.openBy("load", { conversationId: "long", messages: history });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const actual = await hampered.ask("long", long);
  await opening;
  const { timeline } = await hampered.next("kv.restore", known);
  const lastReadMs = Math.max(
    ...timeline.filter(({ work }) => work === "read").map(({ endMs }) => endMs),
  );
  const first = timeline.find(({ work }) => work === "recompute");
  expect(first?.layers).toEqual({ start: 0, end: 4 });
  expect(first?.startMs).toBeLessThan(lastReadMs);
  // The tokens that it ran ahead are not run again.
  expect(actual.prefilledTokens).toBeLessThan(32);
  const never = await start();
  expect(actual.tokens).toEqual((await never.ask("never saved", long)).tokens);
}, 60_000);
