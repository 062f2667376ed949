import { describe, expect, test, vi } from "vitest";
import { codableChunks } from "./codable-chunks.ts";
import { ResidentSequence } from "./resident-sequence.ts";

const tokens = (count: number) => Array.from({ length: count }, (_, i) => i);

const LOSSY = { level: "balanced", decoded: true } as const;

describe("how good rows are", () => {
  test("rows that were computed on top of exact ones are exact", () => {
    const sequence = new ResidentSequence();
    sequence.append(tokens(3));
    sequence.append(tokens(2));
    expect(sequence.exactTokens).toBe(5);
    expect(sequence.levelOf(5)).toBe("exact");
  });

  test("nothing that follows is better than what it was computed on", () => {
    const sequence = new ResidentSequence();
    sequence.append(tokens(3));
    sequence.append(tokens(2), LOSSY);
    sequence.append(tokens(4));
    sequence.append(tokens(1), { level: "compact" });
    sequence.append(tokens(1), LOSSY);
    expect(sequence.exactTokens).toBe(3);
    expect(sequence.tokensAt("balanced")).toBe(9);
    expect(sequence.tokensAt("compact")).toBe(11);
    expect([3, 4, 9, 10, 11].map((end) => sequence.levelOf(end))).toEqual([
      "exact",
      "balanced",
      "balanced",
      "compact",
      "compact",
    ]);
  });

  test("what was cut away says nothing any more", () => {
    const sequence = new ResidentSequence();
    sequence.append(tokens(3));
    sequence.append(tokens(2), LOSSY);
    sequence.cut(3);
    sequence.append(tokens(4));
    expect(sequence.exactTokens).toBe(7);
    expect(sequence.hasDecoded({ start: 0, end: 7 })).toBe(false);
  });

  test("rows that were moved are as good as they were, and not these tokens' own", () => {
    const sequence = new ResidentSequence();
    sequence.append(tokens(3));
    sequence.append(tokens(2), { moved: true });
    sequence.append(tokens(2));
    expect(sequence.unmovedTokens).toBe(3);
    expect(sequence.exactTokens).toBe(3);
    expect(sequence.tokensAt("exact")).toBe(7);
  });

  test("a cut that takes rows away is told, one that takes none is not", () => {
    const onCut = vi.fn();
    const sequence = new ResidentSequence(onCut);
    sequence.append(tokens(3));
    sequence.cut(3);
    expect(onCut).not.toHaveBeenCalled();
    sequence.cut(2);
    expect(onCut).toHaveBeenCalledOnce();
  });
});

describe("a snapshot", () => {
  /** Rows of every kind, some of them saved. */
  const ofEveryKind = (onCut?: () => void) => {
    const sequence = new ResidentSequence(onCut);
    sequence.append(tokens(3));
    sequence.append(tokens(2), LOSSY);
    sequence.append(tokens(2), { moved: true, level: "compact" });
    sequence.markSaved(4);
    return sequence;
  };

  const knownOf = (sequence: ResidentSequence) => ({
    tokens: [...sequence.tokens],
    saved: sequence.savedTokens,
    unmoved: sequence.unmovedTokens,
    at: (["exact", "balanced", "compact"] as const).map((level) => sequence.tokensAt(level)),
    decoded: sequence.tokens.map((_, at) => sequence.hasDecoded({ start: at, end: at + 1 })),
  });

  test("put into another sequence says there what it said here", () => {
    const other = new ResidentSequence();
    other.append(tokens(9), { level: "compact", decoded: true });
    other.markSaved(9);
    other.restoreFrom(ofEveryKind().snapshot());
    expect(knownOf(other)).toEqual(knownOf(ofEveryKind()));
  });

  test("stays as it is, whatever becomes of the sequences it was taken from and put into", () => {
    const sequence = ofEveryKind();
    const snapshot = sequence.snapshot();
    const before = structuredClone(snapshot);
    sequence.cut(4);
    sequence.append(tokens(5), LOSSY);
    sequence.markSaved(9);
    const other = new ResidentSequence();
    other.restoreFrom(snapshot);
    other.cut(1);
    other.append(tokens(4), LOSSY);
    expect(snapshot).toEqual(before);
    sequence.restoreFrom(snapshot);
    expect(knownOf(sequence)).toEqual(knownOf(ofEveryKind()));
  });

  test("takes the place of rows that are forgotten, which is told before it is there", () => {
    const lengths: number[] = [];
    const sequence: ResidentSequence = ofEveryKind(() => lengths.push(sequence.length));
    const other = new ResidentSequence();
    other.append(tokens(20));
    sequence.restoreFrom(other.snapshot());
    expect(lengths).toEqual([0]);
    expect(sequence.exactTokens).toBe(20);
  });

  test("what follows it is no better than it is", () => {
    const sequence = new ResidentSequence();
    sequence.restoreFrom(ofEveryKind().snapshot());
    sequence.append(tokens(3));
    expect(sequence.exactTokens).toBe(3);
    expect(sequence.tokensAt("compact")).toBe(10);
  });
});

describe("what may be stored in a lossy form", () => {
  const startsOf = (sequence: ResidentSequence) =>
    codableChunks(sequence).map(({ start, sinkTokens }) => [start, sinkTokens]);

  test("full chunks that have left the recent window; the first has the sinks", () => {
    const sequence = new ResidentSequence();
    sequence.append(tokens(191));
    expect(startsOf(sequence)).toEqual([]);
    sequence.append(tokens(1));
    expect(startsOf(sequence)).toEqual([[0, 4]]);
    sequence.append(tokens(128));
    expect(startsOf(sequence)).toEqual([
      [0, 4],
      [128, 0],
    ]);
  });

  test("not what came from a lossy form, wholly or in part", () => {
    const sequence = new ResidentSequence();
    sequence.append(tokens(128), LOSSY);
    sequence.append(tokens(100), LOSSY);
    sequence.append(tokens(300));
    expect(startsOf(sequence)).toEqual([[256, 0]]);
  });

  test("not what was moved", () => {
    const sequence = new ResidentSequence();
    sequence.append(tokens(130));
    sequence.append(tokens(300), { moved: true });
    expect(startsOf(sequence)).toEqual([[0, 4]]);
  });
});
