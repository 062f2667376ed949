import { expect, test } from "vitest";
import type { EngineMeasure } from "../../protocol/measures.ts";
import { RestorationCosts } from "./restoration-costs.ts";
import { Resumptions } from "./resumptions.ts";

const config = { layers: 2, hidden: 64, heads: 4, kvHeads: 2, headDim: 16, ffn: 128 };
const layers = { rowLayers: 2 };
const model = { restorationCosts: new RestorationCosts(config, "hardware"), layers };

const all = { start: 0, end: 2 };
const span = (work: "read" | "weights" | "decode", startMs: number, endMs: number) =>
  ({ stream: "store", work, startMs, endMs, tokens: all, layers: all, bytes: 0 }) as const;

function restored(
  tokens: { reusedTokens?: number; loadedTokens?: number; recomputedTokens?: number },
  conversationId = "c",
): EngineMeasure {
  const times = { loadMs: 0, predictedMs: 0, makespanMs: 900, bubbleRatio: 0 };
  const form = { codec: "f16", strategy: "none", scheme: "auto", bytesRead: 0, refusedChunks: 0 };
  const timeline = [span("weights", 0, 800), span("read", 5, 35), span("decode", 30, 50)];
  const counts = { reusedTokens: 0, loadedTokens: 0, recomputedTokens: 0, tokens: 500, ...tokens };
  const detail = { conversationId, ...counts, ...times, ...form, decoded: [], timeline };
  return { name: "kv.restore", startEpochMs: 0, endEpochMs: 900, detail };
}

test("a turn learns what was brought back for it, without the wait for weights, and only once", () => {
  const resumptions = new Resumptions();
  resumptions.note(restored({ loadedTokens: 384, recomputedTokens: 16 }));
  const turn = { conversationId: "c", reusedTokens: 400 };
  const told = resumptions.take(model, turn);
  expect(told).toMatchObject({ tokens: 400, loadedTokens: 384, ms: 45 });
  expect(told?.rereadMs).toBeGreaterThan(0);
  expect(resumptions.take(model, turn)).toBeUndefined();
});

test("what was brought back for another conversation, or is of no use, is not told", () => {
  const resumptions = new Resumptions();
  resumptions.note(restored({ loadedTokens: 384 }, "other"));
  expect(resumptions.take(model, { conversationId: "c", reusedTokens: 10 })).toBeUndefined();
  resumptions.note(restored({ loadedTokens: 384 }));
  expect(resumptions.take(model, { conversationId: "c", reusedTokens: 0 })).toBeUndefined();
  resumptions.note(restored({ loadedTokens: 384, recomputedTokens: 16 }));
  const shorter = resumptions.take(model, { conversationId: "c", reusedTokens: 128 });
  expect(shorter).toMatchObject({ tokens: 128, loadedTokens: 128 });
});

test("a restoration that goes on from another adds to it, and one that begins anew does not", () => {
  const resumptions = new Resumptions();
  const turn = { conversationId: "c", reusedTokens: 600 };
  resumptions.note(restored({ loadedTokens: 128 }));
  resumptions.note(restored({ reusedTokens: 128, loadedTokens: 256 }));
  expect(resumptions.take(model, turn)).toMatchObject({ tokens: 384, ms: 90 });
  resumptions.note(restored({ loadedTokens: 128 }));
  resumptions.note(restored({ loadedTokens: 256 }));
  expect(resumptions.take(model, turn)).toMatchObject({ tokens: 256, ms: 45 });
});
