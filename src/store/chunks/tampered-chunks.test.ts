import "fake-indexeddb/auto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asChunkRecord, asSequenceUse, asValueRecord } from "../records/chunk-record.ts";
import { idbChunkTable } from "./idb-chunk-table.ts";
import { openDatabase } from "../database/open-database.ts";
import {
  chunkAt,
  commitOf,
  contentOf,
  findOf,
  FINGERPRINT,
  hashOf,
  keyOf,
} from "./chunk-fixtures-testing.ts";
import { testChunkStore } from "./chunk-store-testing.ts";
import { recordBytes } from "../bytes/value-bytes.ts";

let databases = 0;
const fresh = async () => {
  const db = await openDatabase(`tampered-chunks-${++databases}`);
  const table = idbChunkTable(() => Promise.resolve(db));
  const store = testChunkStore({ table, bytes: recordBytes }, { defaultBytes: 1000 });
  const put = (fields: object) => {
    const record = { ...chunkAt("a").meta, owners: ["c"], ...fields };
    return db.put("kvMeta", record);
  };
  return { db, store, put };
};

const KEY = { fingerprint: FINGERPRINT, prefixHash: hashOf("a") };
const anything = fc.oneof(
  fc.constantFrom(undefined, null, NaN, Infinity, -1, 1.5, 1e308, "", [], {}, [NaN], [[]]),
  fc.anything({ maxDepth: 2, withDate: true, withTypedArray: true }),
);
const field = (usual: unknown) => fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, anything);
const record = fc.record({
  parentHash: field(hashOf("")),
  startToken: field(0),
  tokens: field(64),
  full: field(true),
  groupBytes: field([100, 50]),
  owners: field(["c"]),
  family: field("transform"),
});

test("whatever is stored as a chunk's record, the store works on, and it goes at the next start", async () => {
  await fc.assert(
    fc.asyncProperty(record, async (fields) => {
      const { db, store, put } = await fresh();
      await store.commit(commitOf("c", ["b"]));
      await put(fields);
      const isKnown = asChunkRecord({ ...KEY, ...fields }) !== undefined;
      const { full, partial } = await store.find(findOf("c", "a"));
      if (!isKnown) expect([...full, ...partial]).toEqual([]);
      const { kvBytes } = await store.usage();
      expect(Number.isSafeInteger(kvBytes)).toBe(true);
      expect(await store.read(keyOf("a"))).toBeUndefined();
      await store.commit(commitOf("c", ["b", "bb"]));
      await store.removeUnknown();
      const keys = await db.getAllKeys("kvMeta");
      expect(keys.every(([, hash]) => isKnown || hash !== hashOf("a"))).toBe(true);
      await store.clear();
      db.close();
    }),
    { numRuns: 150 },
  );
});

test("a chunk can be stored in the place of what was none", async () => {
  const { store, put } = await fresh();
  await put({ groupBytes: "1 GB" });
  await store.commit(commitOf("c", ["a"]));
  expect(await store.read(keyOf("a"))).toEqual(contentOf("a", 0, 100));
});

describe("a chunk's record is none that has", () => {
  test.each([
    ["a place before the first token", { startToken: -128 }],
    ["a place that is no number", { startToken: NaN }],
    ["a place beyond any context", { startToken: 2 ** 40 }],
    ["half a token", { tokens: 0.5 }],
    ["more tokens than any chunk", { tokens: 2 ** 30 }],
    ["values larger than memory", { groupBytes: [2 ** 40] }],
    ["values of less than nothing", { groupBytes: [-1] }],
    ["more values than any model has layers", { groupBytes: new Array(100_000).fill(1) }],
    ["no owner", { owners: [] }],
    ["owners that are no names", { owners: [{}] }],
    ["a name that is none", { prefixHash: 5 }],
    ["files that are no names", { files: [1] }],
  ])("%s", (_what, fields) => {
    const good = { ...chunkAt("a").meta, owners: ["c"] };
    expect(asChunkRecord(good)).toEqual(good);
    expect(asChunkRecord({ ...good, ...fields })).toBeUndefined();
  });
});

test("of a chunk that does not say its codec family, or nothing that can be one, that is not known", () => {
  const good = { ...chunkAt("a").meta, owners: ["c"] };
  for (const family of ["", 7, {}, "x".repeat(10_000)])
    expect(asChunkRecord({ ...good, family })).toEqual(good);
});

test("whatever is stored as a value, it is refused, and its chunk removed", async () => {
  const { db, store } = await fresh();
  const values = [5, "bytes", {}, { bytes: 5 }, { bytes: null, checksum: "x" }, { checksum: "x" }];
  const more = [
    { bytes: { file: "../x" }, checksum: "x" },
    { bytes: new Blob(), checksum: 7 },
  ];
  for (const value of [...values, ...more]) {
    await store.commit(commitOf("c", ["a"]));
    await db.put("kvChunks", value as never, [FINGERPRINT, hashOf("a"), 0]);
    expect(await store.read(keyOf("a"))).toBeUndefined();
    expect(await db.getAllKeys("kvMeta")).toEqual([]);
  }
});

test("a value of more bytes than any value has is not read", () => {
  const huge = new Blob();
  Object.defineProperty(huge, "size", { value: 2 ** 34 });
  expect(asValueRecord({ bytes: huge, checksum: "x" })).toBeUndefined();
});

test("a use of an impossible time is the oldest, and a limit that is none is as if none was set", async () => {
  const { db, store } = await fresh();
  const use = { conversationId: "c", fingerprint: FINGERPRINT };
  expect(asSequenceUse({ ...use, lastUsedMs: "now" })).toEqual({ ...use, lastUsedMs: 0 });
  expect(asSequenceUse({ ...use, fingerprint: 7 })).toBeUndefined();
  for (const limit of ["all", NaN, -5, Infinity, {}, 1e308]) {
    await db.put("settings", limit as never, "kv-limit-bytes");
    expect(await store.usage()).toMatchObject({ limitBytes: 1000 });
  }
});
