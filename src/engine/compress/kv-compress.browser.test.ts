import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROJECT_ORIGIN } from "../../model/testing.ts";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import type { QualityLevel } from "../../protocol/quality.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { createStore } from "../../store/create-store.ts";
import { assistant, removeModels, TestEngine, unwrap, user } from "../testing/engine-testing.ts";
import { CALIBRATION_CONVERSATIONS } from "../testing/recall-testing.ts";

const PIP = `${PROJECT_ORIGIN}/models/pip-4.7m/mlc-q0f16/`;

const [LEAST_CHARACTERS, MOST_CHARACTERS] = [560, 690];

let store: StoreApi;
let engine: TestEngine;
/** Engines that have only what is stored. */
let resuming: TestEngine;
let exact: TestEngine;
/** An engine that has only what it has computed. */
let never: TestEngine;

beforeAll(async () => {
  store = createStore();
  await store.clearKv();
  engine = await TestEngine.start(store, PIP);
  // On a software GPU other forms come back sooner.
  await engine.api.forceForm("fewest-bytes");
  resuming = await TestEngine.start(store, PIP);
  // All that is stored is read, also where computing it again would be as quick.
  await resuming.api.forceScheme("load");
  exact = await TestEngine.start(store, PIP);
  never = await TestEngine.start(undefined, PIP);
}, 60_000);

afterAll(async () => {
  await store.clearKv();
  await removeModels();
});

/** Chats of more than a chunk and a recent window, and less than two: each conversation its own. */
const CHATS = CALIBRATION_CONVERSATIONS.filter(({ messages }) => {
  const characters = messages.reduce((sum, { text }) => sum + text.length, 0);
  return characters > LEAST_CHARACTERS && characters < MOST_CHARACTERS;
});

/** Leads a conversation until some of it has left the recent window. */
async function lead(id: string, quality: QualityLevel): Promise<ChatMessage[]> {
  await engine.open("elsewhere", [user("Hello!")]);
  // Each conversation is another one, whose chunks are not stored yet.
  const asked = CHATS[led++]?.messages.slice(0, -1) ?? [];
  const reply = await engine.ask(id, asked, { quality, maxTokens: 48 });
  return [...asked, assistant(reply)];
}

let led = 0;

const bytesOf = async (id: string): Promise<number> => {
  const { conversations } = unwrap(await store.usage());
  const found = conversations.find(({ conversationId }) => conversationId === id);
  return (found?.ownBytes ?? 0) + (found?.sharedBytes ?? 0);
};

describe("a balanced conversation", () => {
  let history: ChatMessage[];
  let compressed: number;

  beforeAll(async () => {
    compressed = engine.measured("kv.compress").length;
    history = await lead("balanced", "balanced");
  }, 60_000);

  test("is coded when a chunk has left the recent window, within its budget", async () => {
    const detail = await engine.next("kv.compress", compressed);
    expect(detail).toMatchObject({ conversationId: "balanced", level: "balanced", chunks: 1 });
    expect(detail.failure).toBeUndefined();
    expect(detail.codec).toMatch(/^transform-\d+-rans$/);
    expect(detail.meanKl).toBeLessThanOrEqual(0.005);
    expect(detail.meanKl).toBeGreaterThan(0);
    expect(detail.p95Kl).toBeLessThanOrEqual(0.025);
    expect(detail.flips).toBeLessThanOrEqual(0.02);
    expect(detail.bytesAfter * 8).toBeLessThan(detail.bytesBefore);
    expect(detail.strategy).toBe("transform");
    expect(detail.candidates.at(-1)).toMatchObject({ bytes: detail.bytesAfter, pairs: 0 });
    // The exact form is removed.
    const rowBytes = detail.bytesBefore / 128;
    const tokens = (await engine.open("balanced", history)).residentTokens;
    expect(await bytesOf("balanced")).toBeLessThan(tokens * rowBytes - detail.bytesBefore * 0.85);
  });

  test("is loaded without anything computed again, and goes on as it would have", async () => {
    const question = [...history, user("What is my dog called?")];
    const options = { quality: "balanced" as const, maxTokens: 24 };
    const restored = await resuming.open("balanced", history, "balanced");
    const expected = await engine.ask("balanced", question, options);
    expect(restored.recomputedTokens).toBeLessThan(4);
    const [detail] = resuming.measured("kv.restore");
    // The chunk that is not full may not have been coded yet.
    expect(detail?.codec).toMatch(/^(f16|int8-\S+|transform-\d+-rans) \+ transform-\d+-rans$/);
    expect(detail?.refusedChunks).toBe(0);
    const actual = await resuming.ask("balanced", question, options);
    expect(actual.prefilledTokens).toBe(actual.promptTokens - restored.residentTokens);
    expect(actual.text).toBe(expected.text);
  }, 60_000);

  test("[lineage] an exact conversation of the same tokens never reads what was coded", async () => {
    const restored = await exact.open("balanced", history, "exact");
    expect(restored.recomputedTokens).toBeGreaterThanOrEqual(128);
    const question = [...history, user("What is my dog called?")];
    const expected = await never.ask("never saved", question, { maxTokens: 24 });
    const actual = await exact.ask("balanced", question, { maxTokens: 24 });
    expect(actual.tokens).toEqual(expected.tokens);
  }, 60_000);

  test("[lineage] what was computed on coded rows is not stored as exact", async () => {
    const id = "balanced";
    await resuming.open(id, history, "balanced");
    const known = resuming.measured("kv.compress").length;
    const asked = [...history, user("Tell me about the lake and the train, and about the soup.")];
    const reply = await resuming.ask(id, asked, { quality: "balanced", maxTokens: 64 });
    const longer = [...asked, assistant(reply)];
    await resuming.open("elsewhere", [user("Hello!")]);
    expect(resuming.measured("kv.compress").length).toBe(known);
    const again = await resuming.open(id, longer, "balanced");
    expect(again.recomputedTokens).toBeLessThan(4);
    await exact.open("elsewhere", [user("Hello!")]);
    const restored = await exact.open(id, longer, "exact");
    // What the exact engine has computed itself, two chunks; not the rows that came later, on coded ones.
    expect(restored.loadedTokens).toBeLessThanOrEqual(256);
    expect(again.residentTokens).toBeGreaterThan(260);
  }, 60_000);
});

test("an exact conversation stays as it is", async () => {
  const known = engine.measured("kv.compress").length;
  const history = await lead("exact", "exact");
  const restored = await engine.open("exact", history, "exact");
  expect(engine.measured("kv.compress").length).toBe(known);
  expect(await bytesOf("exact")).toBeGreaterThanOrEqual(restored.residentTokens * 3000);
}, 60_000);

test("a turn that begins while forms are measured is not disturbed", async () => {
  const known = engine.measured("kv.compress").length;
  const history = await lead("hurried", "balanced");
  const question = [...history, user("What is my dog called?")];
  const options = { quality: "balanced" as const, maxTokens: 24 };
  const actual = await engine.ask("hurried", question, options);
  const expected = await never.ask("never saved", question, { maxTokens: 24 });
  expect(actual.tokens).toEqual(expected.tokens);
  const detail = await engine.next("kv.compress", known);
  expect(detail.failure).toBeUndefined();
}, 60_000);

test("compact takes fewer bytes than balanced", async () => {
  const known = engine.measured("kv.compress").length;
  await lead("compact", "compact");
  const detail = await engine.next("kv.compress", known);
  expect(detail).toMatchObject({ conversationId: "compact", level: "compact" });
  expect(detail.meanKl).toBeLessThanOrEqual(0.02);
  expect(detail.bytesAfter * 12).toBeLessThan(detail.bytesBefore);
}, 60_000);

/** Three pairs of Pip's twelve layers: each a layer's rows, magnitudes, and a few tokens of both as they are. */
test("a form that is asked for by name is taken unjudged, and comes back", async () => {
  const known = engine.measured("kv.compress").length;
  await engine.api.forceForm("static-f16");
  const history = await lead("static", "balanced");
  const detail = await engine.next("kv.compress", known);
  expect(detail).toMatchObject({
    conversationId: "static",
    chunks: 1,
    codec: "f16",
    strategy: "static",
    pairs: 3,
    tried: 0,
  });
  expect(detail.failure).toBeUndefined();
  expect(detail.bytesAfter / detail.bytesBefore).toBeGreaterThan(0.75);
  expect(detail.bytesAfter / detail.bytesBefore).toBeLessThan(0.85);
  const restored = await resuming.open("static", history, "balanced");
  expect(restored.recomputedTokens).toBeLessThan(4);
  const loaded = resuming.measured("kv.restore").at(-1);
  expect(loaded).toMatchObject({ codec: "f16", refusedChunks: 0 });
  expect(loaded?.bytesRead).toBeLessThan(restored.residentTokens * 3072 - 0.1 * detail.bytesBefore);
}, 60_000);
