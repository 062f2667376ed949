import { expect, test } from "vitest";
import type { Limits } from "./inventory.ts";
import {
  chunkAt,
  commitOf,
  contentOf,
  findOf,
  hashOf,
  inOtherLineage,
  keyOf,
} from "./chunk-fixtures-testing.ts";
import type { TestChunkStore } from "./chunk-store-testing.ts";

export type OpenChunkStore = (limits?: Partial<Limits>) => Promise<TestChunkStore> | TestChunkStore;

/** What every `ChunkStore` must do. The test file of each implementation calls this. */
export function chunkStoreConformance(open: OpenChunkStore): void {
  test("there is nothing at first", async () => {
    const store = await open();
    expect(await store.find(findOf("c", "abc"))).toEqual({ full: [], partial: [] });
    expect(await store.read(keyOf("a"))).toBeUndefined();
    expect(await store.usage()).toMatchObject({ kvBytes: 0, conversations: [] });
    expect(await store.owners()).toEqual([]);
  });

  test("what was committed is found and read, byte for byte", async () => {
    const store = await open();
    const summary = await store.commit(commitOf("c", ["a", "ab", "abC"]));
    expect(summary).toEqual({ writtenBytes: 450, evictedBytes: 0 });
    expect(await store.find(findOf("c", "ab"))).toEqual({
      full: [chunkAt("a").meta, chunkAt("ab").meta],
      partial: [chunkAt("abC").meta],
    });
    for (const path of ["a", "ab", "abC"]) {
      expect(await store.read(keyOf(path, 0))).toEqual(contentOf(path, 0, 100));
      expect(await store.read(keyOf(path, 1))).toEqual(contentOf(path, 1, 50));
      expect(await store.read(keyOf(path, 2))).toBeUndefined();
    }
  });

  test("a chunk's codec family is found with it", async () => {
    const store = await open();
    const { meta, values } = chunkAt("a");
    const coded = { ...meta, family: "transform" };
    await store.commit({ ...commitOf("c", []), writes: [{ meta: coded, values }] });
    expect((await store.find(findOf("c", "a"))).full).toEqual([coded]);
  });

  test("a group that is not part of a chunk costs the chunk nothing", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["a"]));
    expect(await store.read(keyOf("a", 2))).toBeUndefined();
    expect(await store.read(keyOf("a", 0))).toBeDefined();
  });

  test("holes are left out, whatever lies behind them", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["a", "abc", "abcdE"]));
    const { full, partial } = await store.find(findOf("c", "abcd"));
    expect(full.map(({ prefixHash }) => prefixHash)).toEqual([hashOf("a"), hashOf("abc")]);
    expect(partial.map(({ prefixHash }) => prefixHash)).toEqual([hashOf("abcdE")]);
  });

  test("partial chunks of other branches and other beginnings are not found", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["a", "ab", "aX", "abY", "Z", "bW"]));
    const { partial } = await store.find(findOf("c", "a"));
    const hashes = new Set(partial.map(({ prefixHash }) => prefixHash));
    expect(hashes).toEqual(new Set([hashOf("aX"), hashOf("Z")]));
  });

  test("another fingerprint's chunks are not found", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["a", "aB"]));
    const other = "e".repeat(32);
    const nothing = { full: [], partial: [] };
    expect(await store.find({ ...findOf("c", "a"), fingerprint: other })).toEqual(nothing);
    expect(await store.read({ ...keyOf("a"), fingerprint: other })).toBeUndefined();
    expect(await store.read(keyOf("a"))).toBeDefined();
  });

  test("a chunk that is stored is not written again, and gets one more owner", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["a"]));
    const again = chunkAt("a");
    again.values[0]?.fill(0);
    const summary = await store.commit({
      ...commitOf("d", ["ab"]),
      writes: [again, chunkAt("ab")],
    });
    expect(summary).toEqual({ writtenBytes: 150, evictedBytes: 0 });
    expect(await store.read(keyOf("a"))).toEqual(contentOf("a", 0, 100));
    expect(await store.usage()).toMatchObject({
      kvBytes: 300,
      conversations: [
        { conversationId: "c", ownBytes: 0, sharedBytes: 150 },
        { conversationId: "d", ownBytes: 150, sharedBytes: 150 },
      ],
    });
  });

  test("a partial chunk is superseded", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["A"]));
    const next = commitOf("c", ["a", "aB"], { superseded: [hashOf("A"), hashOf("never there")] });
    await store.commit(next);
    expect(await store.find(findOf("c", "a"))).toEqual({
      full: [chunkAt("a").meta],
      partial: [chunkAt("aB").meta],
    });
    expect(await held(store, ["A", "a", "aB"])).toEqual([false, true, true]);
    expect(await store.usage()).toMatchObject({ kvBytes: 300 });
  });

  test("another conversation's partial chunk stays, until that one supersedes it too", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["A"]));
    await store.commit(commitOf("d", ["A"]));
    await store.commit(commitOf("c", ["a"], { superseded: [hashOf("A")] }));
    expect(await store.read(keyOf("A"))).toBeDefined();
    await store.commit(commitOf("x", ["b"], { superseded: [hashOf("A")] }));
    expect(await store.read(keyOf("A"))).toBeDefined();
    await store.commit(commitOf("d", ["a"], { superseded: [hashOf("A")] }));
    expect(await held(store, ["A"])).toEqual([false]);
  });

  test("a chunk that is written again in the commit that supersedes it stays", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["A"]));
    await store.commit(commitOf("c", ["A"], { superseded: [hashOf("A")] }));
    expect(await store.read(keyOf("A"))).toBeDefined();
  });

  test("a full chunk gives way to another form of it, for the conversation that says so", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["a", "ab"]));
    await store.commit(commitOf("d", ["a"]));
    const { meta, values } = chunkAt("a");
    const other = { meta: { ...meta, prefixHash: inOtherLineage(hashOf("a")) }, values };
    const superseded = [hashOf("a"), hashOf("ab")];
    await store.commit(commitOf("c", [], { writes: [other], superseded }));
    expect(await held(store, ["a", "ab"]), "d still has a").toEqual([true, false]);
    const asked = findOf("c", "a");
    const prefixHashes = [...asked.prefixHashes, other.meta.prefixHash];
    expect(await store.find({ ...asked, prefixHashes })).toEqual({
      full: [chunkAt("a").meta, other.meta],
      partial: [],
    });
    expect(await store.find(asked), "what is not asked for is not told").toMatchObject({
      full: [chunkAt("a").meta],
    });
  });

  test("a name without a variant finds the rows of every variant, one with a variant only its own", async () => {
    const store = await open();
    await store.commit(commitOf("c", [], { writes: inVariants("a", ["11", "22"]) }));
    const found = async (...prefixHashes: string[]) =>
      (await store.find({ ...findOf("c", "a"), prefixHashes })).full.map(
        ({ prefixHash }) => prefixHash,
      );
    const [first, second] = [`${hashOf("a")}11`, `${hashOf("a")}22`];
    expect(await found(hashOf("a"))).toEqual([first, second]);
    expect(await found(second)).toEqual([second]);
    expect(await found(second, hashOf("a"))).toEqual([second, first]);
    expect(await found(`${hashOf("a")}33`)).toEqual([]);
    expect(await store.read({ ...keyOf("a"), prefixHash: second })).toEqual(contentOf("22", 0, 9));
  });

  test("rows of a variant supersede those of all others, except what another conversation owns", async () => {
    const store = await open();
    const name = hashOf("a");
    const [first, second, third] = ["11", "22", "33"].map((variant) => name + variant);
    await store.commit(commitOf("c", [], { writes: inVariants("a", ["11"]) }));
    await store.commit(commitOf("d", [], { writes: inVariants("a", ["22"]) }));
    const replacing = { writes: inVariants("a", ["33"]), superseded: [name] };
    await store.commit(commitOf("c", [], replacing));
    const found = await store.find({ ...findOf("d", "a"), prefixHashes: [name] });
    expect(found.full.map(({ prefixHash }) => prefixHash)).toEqual([second, third]);
    expect(await store.holds({ ...keyOf("a"), prefixHash: first ?? "" })).toBe(false);
  });

  test("a wrong size is a bug and changes nothing", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["a"]));
    const writes = [{ ...chunkAt("b"), values: [new Uint8Array(1)] }];
    await expect(store.commit(commitOf("c", [], { writes }))).rejects.toThrow("of 1 bytes");
    expect(await held(store, ["a", "b"])).toEqual([true, false]);
  });

  test("an interrupted commit leaves what was there before it", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["A"]));
    for (const puts of [0, 1, 2]) {
      await store.interruptAfter(puts);
      const next = commitOf("c", ["a", "ab", "abC"], { superseded: [hashOf("A")] });
      const error = await store.commit(next).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Error);
      expect(await held(store, ["A", "a", "ab", "abC"])).toEqual([true, false, false, false]);
      const found = await store.find(findOf("c", "ab"));
      expect(found).toEqual({ full: [], partial: [chunkAt("A").meta] });
    }
    expect(await store.usage()).toMatchObject({ kvBytes: 150 });
  });

  test("simultaneous commits all take effect", async () => {
    const store = await open();
    const ids = Array.from({ length: 10 }, (_, index) => `c${index}`);
    await Promise.all(ids.map((id, index) => store.commit(commitOf(id, ["a", `a${index}`]))));
    const usage = await store.usage();
    expect(usage.kvBytes).toBe(11 * 150);
    expect(usage.conversations.map(({ conversationId }) => conversationId).sort()).toEqual(ids);
    expect(await store.read(keyOf("a"))).toEqual(contentOf("a", 0, 100));
  });

  test("what the caller does to its bytes changes nothing stored", async () => {
    const store = await open();
    const request = commitOf("c", ["a"]);
    await store.commit(request);
    request.writes[0]?.values[0]?.fill(0);
    (await store.read(keyOf("a")))?.fill(1);
    expect(await store.read(keyOf("a"))).toEqual(contentOf("a", 0, 100));
  });

  test("values of no bytes and of some MiB come back", async () => {
    const store = await open();
    const sizes = [0, 3 * 2 ** 20 + 1];
    await store.commit(commitOf("c", [], { writes: [chunkAt("a", sizes)] }));
    expect(await store.read(keyOf("a", 0))).toHaveLength(0);
    const large = await store.read(keyOf("a", 1));
    expect(large?.length).toBe(sizes[1]);
    expect(large && sameBytes(large, contentOf("a", 1, 3 * 2 ** 20 + 1))).toBe(true);
  });

  test("a conversation that finds another's chunks owns them too", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["a", "ab", "aX"]));
    await store.find(findOf("d", "ab"));
    await store.removeOwner("c");
    expect(await held(store, ["a", "ab", "aX"])).toEqual([true, true, false]);
    expect(await store.owners()).toEqual(["d"]);
  });

  test("removing an owner frees what it alone owns", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["a", "ab", "abC"]));
    await store.commit(commitOf("d", ["a", "ax"]));
    await store.removeOwner("c");
    await store.removeOwner("never there");
    expect(await held(store, ["a", "ab", "abC", "ax"])).toEqual([true, false, false, true]);
    expect(await store.usage()).toMatchObject({
      kvBytes: 300,
      conversations: [{ conversationId: "d", ownBytes: 300, sharedBytes: 0 }],
    });
    expect(await store.owners()).toEqual(["d"]);
  });

  test("clearing removes everything but the limit", async () => {
    const store = await open();
    await store.setLimit(1000);
    await store.commit(commitOf("c", ["a", "aB"]));
    await store.clear();
    expect(await store.usage()).toEqual({ kvBytes: 0, conversations: [], limitBytes: 1000 });
    expect(await held(store, ["a", "aB"])).toEqual([false, false]);
    expect(await store.find(findOf("c", "a"))).toEqual({ full: [], partial: [] });
  });
}

/** For each chunk, whether it is stored. Fails if some of its groups are and others are not. */
export async function held(store: TestChunkStore, paths: readonly string[]): Promise<boolean[]> {
  return Promise.all(
    paths.map(async (path) => {
      const [first, second] = await Promise.all([0, 1].map((group) => has(store, path, group)));
      expect(second).toBe(first);
      return first ?? false;
    }),
  );
}

const has = (store: TestChunkStore, path: string, group: number) => store.holds(keyOf(path, group));

/** Compares large values, on which `toEqual` takes seconds. */
const sameBytes = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

/** A chunk's rows in several variants. */
const inVariants = (path: string, variants: readonly string[]) =>
  variants.map((variant) => ({
    meta: { ...chunkAt(path, [9]).meta, prefixHash: hashOf(path) + variant },
    values: [contentOf(variant, 0, 9)],
  }));
