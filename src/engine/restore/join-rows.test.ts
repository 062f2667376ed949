import { describe, expect, test } from "vitest";
import { RestorationBoard } from "../../restore/restoration-board.ts";
import type { Span } from "../../restore/staircase.ts";
import type { FoundChunk } from "../sequence/stored-sequence.ts";
import { joinRows } from "./join-rows.ts";
import type { Lineage } from "../sequence/kv-identity.ts";
import { ResidentSequence } from "../sequence/resident-sequence.ts";

const TOKENS = Array.from({ length: 400 }, (_, i) => i);
const NONE = { span: -1, tokens: 0 };

/** A restoration of chunks of these lineages and a tail that is not stored, in two layer groups. Nothing is planned. */
function restorationOf(lineages: readonly (Lineage | undefined)[]) {
  const value = { layers: { start: 0, end: 1 }, bytes: 1, family: undefined };
  const spans = [0, 128, 256].map((start, i): Span => ({
    start,
    end: start + 128,
    values: lineages[i] ? [value, value] : [undefined, undefined],
  }));
  spans.push({ start: 384, end: 400, values: [undefined, undefined] });
  const stairs = [0, 1].map((start) => ({ layers: { start, end: start + 1 }, frontier: 0 }));
  const board = new RestorationBoard(spans, stairs);
  const foundAt = (startToken: number) => {
    const lineage = lineages[startToken / 128];
    const chunk = { fingerprint: "", prefixHash: "", startToken, tokens: 128, groupBytes: [1, 1] };
    return lineage && ({ ...chunk, lineage } satisfies FoundChunk);
  };
  const load = (span: number) => {
    for (const group of [0, 1]) board.markLoaded(span, group);
  };
  const compute = () => {
    const limits = { runnableGroups: 2, beyondPlan: true, maxTokens: 128 };
    const step = board.nextStep(limits);
    if (step) board.markComputed(step, 128);
  };
  const refused = new Set<number>();
  const isStored = (startToken: number) => !refused.has(startToken);
  return { board, stored: { foundAt, isStored }, refused, load, compute };
}

describe("what a restoration has brought", () => {
  test("counts as far as it goes without a gap", () => {
    const { board, stored, load } = restorationOf(["exact", "exact", "exact"]);
    load(0);
    load(2);
    const resident = new ResidentSequence();
    const counts = joinRows(resident, { board, tokens: TOKENS, partial: NONE, ...stored });
    expect(counts).toEqual({ loadedTokens: 128, recomputedTokens: 0 });
    expect(resident.tokens).toEqual(TOKENS.slice(0, 128));
    expect(resident.savedTokens).toBe(128);
  });

  test("is stored up to what was refused, and that is to be stored again", () => {
    const { board, stored, refused, load, compute } = restorationOf(["exact", "exact", "exact"]);
    refused.add(128);
    load(0);
    load(2);
    compute();
    const resident = new ResidentSequence();
    joinRows(resident, { board, tokens: TOKENS, partial: NONE, ...stored });
    expect(resident.length).toBe(384);
    expect(resident.savedTokens).toBe(128);
  });

  test("is as good as what was loaded; what was computed is as good as what is before it", () => {
    const { board, stored, load, compute } = restorationOf([undefined, "balanced", "exact"]);
    compute();
    load(1);
    load(2);
    compute();
    const resident = new ResidentSequence();
    const counts = joinRows(resident, { board, tokens: TOKENS, partial: NONE, ...stored });
    expect(counts).toEqual({ loadedTokens: 256, recomputedTokens: 144 });
    expect(resident.tokensAt("exact")).toBe(128);
    expect(resident.tokensAt("balanced")).toBe(400);
    expect(resident.hasDecoded({ start: 128, end: 256 })).toBe(true);
    // The first chunk was never stored.
    expect(resident.savedTokens).toBe(0);
  });

  test("of a span that is partly loaded and partly computed all is as good as what was loaded", () => {
    const { board, stored, compute } = restorationOf(["compact", undefined, undefined]);
    board.markLoaded(0, 1);
    compute();
    const resident = new ResidentSequence();
    joinRows(resident, { board, tokens: TOKENS, partial: NONE, ...stored });
    expect(resident.tokensAt("balanced")).toBe(0);
    expect(resident.tokensAt("compact")).toBe(128);
  });

  test("includes what was computed of a span until it was interrupted, if nothing else is there", () => {
    const { board, stored } = restorationOf(["exact", undefined, undefined]);
    const resident = new ResidentSequence();
    const partial = { span: 0, tokens: 32 };
    expect(joinRows(resident, { board, tokens: TOKENS, partial, ...stored })).toEqual({
      loadedTokens: 0,
      recomputedTokens: 32,
    });
    expect(resident.length).toBe(32);
  });
});
