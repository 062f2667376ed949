import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesOf, totalBytes, type ChunkRecord } from "../records/chunk-record.ts";
import { chunksToEvict, type EvictionRequest } from "./eviction.ts";
import { chunkAt, FINGERPRINT, TOKENS } from "../chunks/chunk-fixtures-testing.ts";

const OTHER_MODEL = "e".repeat(32);

const chunk = (path: string, owners: string[], fingerprint = FINGERPRINT): ChunkRecord => ({
  ...chunkAt(path).meta,
  fingerprint,
  owners,
});

const use = (conversationId: string, lastUsedMs: number, fingerprint = FINGERPRINT) => ({
  conversationId,
  fingerprint,
  lastUsedMs,
});

const uses = [use("old", 1), use("middle", 2), use("new", 3)];

/** Indexes of the chunks, in the order in which they go if all must. */
const order = (chunks: ChunkRecord[], request: Partial<EvictionRequest> = {}) =>
  chunksToEvict({ chunks, uses, excessBytes: Infinity, ...request }).map(
    ({ prefixHash, fingerprint }) =>
      chunks.findIndex((one) => one.prefixHash === prefixHash && one.fingerprint === fingerprint),
  );

test("[EV1] nothing goes while nothing must", () => {
  const chunks = [chunk("a", ["old"])];
  for (const excessBytes of [0, -1, -Infinity])
    expect(chunksToEvict({ chunks, uses, excessBytes })).toEqual([]);
});

describe("[EV2] the sequence that was used least recently goes first", () => {
  test("whole, before the next", () => {
    const chunks = [chunk("n", ["new"]), chunk("mm", ["middle"]), chunk("oo", ["old"])];
    expect(order([...chunks, chunk("o", ["old"])])).toEqual([3, 2, 1, 0]);
  });

  test("a conversation's KV under another fingerprint is a sequence of its own", () => {
    const chunks = [chunk("a", ["new"], OTHER_MODEL), chunk("a", ["new"]), chunk("o", ["middle"])];
    const lastUses = [...uses, use("new", 1, OTHER_MODEL)];
    expect(order(chunks, { uses: lastUses })).toEqual([0, 2, 1]);
  });

  test("a use that was never noted is the oldest", () => {
    expect(order([chunk("o", ["old"]), chunk("a", ["unknown"])])).toEqual([1, 0]);
  });

  test("sequences that were used at the same time do not alternate", () => {
    const chunks = ["bb", "aa", "b", "a"].map((path) => chunk(path, [path.slice(0, 1)]));
    expect(order(chunks, { uses: [use("a", 1), use("b", 1)] })).toEqual([3, 1, 2, 0]);
  });
});

test("[EV3] within a sequence leading chunks go first", () => {
  const chunks = ["abc", "a", "abcd", "ab"].map((path) => chunk(path, ["old"]));
  expect(order(chunks)).toEqual([1, 3, 0, 2]);
  // The order does not depend on the hashes.
  expect(order([chunk("ab", ["old"]), chunk("z", ["old"])])).toEqual([1, 0]);
});

describe("[EV4] shared chunks", () => {
  test("go after all that have one owner", () => {
    const chunks = [chunk("a", ["old", "middle"]), chunk("nnn", ["new"])];
    expect(order(chunks)).toEqual([1, 0]);
  });

  test("are as recently used as the last used owner", () => {
    const chunks = [chunk("x", ["a", "c"]), chunk("y", ["b", "a"])];
    expect(order(chunks, { uses: [use("a", 1), use("b", 2), use("c", 3)] })).toEqual([1, 0]);
  });
});

describe("[EV5] the sequence that is being written", () => {
  const protect = { conversationId: "old", fingerprint: FINGERPRINT };

  test("goes last, after shared chunks too: its own leading chunks first, shared ones last", () => {
    const chunks = [
      chunk("ooo", ["old"]),
      chunk("oo", ["old"]),
      chunk("o", ["old", "new"]),
      chunk("n", ["new"]),
      chunk("m", ["middle", "new"]),
    ];
    expect(order(chunks, { protect })).toEqual([3, 4, 1, 0, 2]);
  });

  test("is protected under its own fingerprint only", () => {
    const chunks = [chunk("o", ["old"]), chunk("o", ["old"], OTHER_MODEL), chunk("n", ["new"])];
    expect(order(chunks, { protect })).toEqual([1, 2, 0]);
  });
});

describe("[EV6] no more goes than it takes", () => {
  const chunks = ["a", "ab", "abc"].map((path) => chunk(path, ["old"]));
  const [first] = chunks;
  const size = first ? bytesOf(first) : 0;

  test.each([
    [1, 1],
    [size, 1],
    [size + 1, 2],
    [3 * size, 3],
    [4 * size, 3],
  ])("%d bytes: %d chunks", (excessBytes, count) => {
    expect(chunksToEvict({ chunks, uses, excessBytes })).toHaveLength(count);
  });

  const owner = fc.constantFrom("old", "middle", "new", "unknown");
  const anyChunk = fc
    .record({
      startToken: fc.nat(9),
      bytes: fc.nat(50),
      owners: fc.uniqueArray(owner, { minLength: 1 }),
      fingerprint: fc.constantFrom(FINGERPRINT, OTHER_MODEL),
    })
    .map(({ startToken, bytes, ...fields }) => ({
      ...chunkAt("a", [bytes]).meta,
      ...fields,
      startToken: startToken * TOKENS,
    }));
  const anyChunks = fc
    .array(anyChunk, { maxLength: 30 })
    .map((list) => list.map((one, index) => ({ ...one, prefixHash: `${index}`.padEnd(32, "x") })));

  test("whatever is stored: it is enough, the last was needed, and the order they came in is nothing", () => {
    fc.assert(
      fc.property(anyChunks, fc.integer({ min: -50, max: 2000 }), (stored, excessBytes) => {
        const evicted = chunksToEvict({ chunks: stored, uses, excessBytes });
        const enough = totalBytes(evicted) >= excessBytes;
        expect(enough || evicted.length === stored.length).toBe(true);
        if (evicted.length > 0)
          expect(totalBytes(evicted.slice(0, -1))).toBeLessThan(Math.max(excessBytes, 1));
        const reversed = chunksToEvict({ chunks: stored.toReversed(), uses, excessBytes });
        expect(reversed).toEqual(evicted);
      }),
    );
  });
});
