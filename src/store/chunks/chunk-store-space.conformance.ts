import { describe, expect, test } from "vitest";
import type { ChunkMeta, ChunkWrite } from "../../protocol/kv-store-api.ts";
import { held, type OpenChunkStore } from "./chunk-store.conformance.ts";
import { chunkAt, commitOf, findOf, hashOf, TOKENS } from "./chunk-fixtures-testing.ts";
import type { TestChunkStore } from "./chunk-store-testing.ts";

/** Bytes of each chunk that these tests store. */
const CHUNK = 150;

/** What every `ChunkStore` does about the space that it takes. `eviction.ts` says what goes first. */
export function chunkStoreSpaceConformance(open: OpenChunkStore): void {
  const chunks = (count: number) => open({ defaultBytes: count * CHUNK });

  test("a commit beyond the limit evicts the conversation that was used least recently", async () => {
    const store = await chunks(3);
    await store.commit(commitOf("old", ["o"]));
    await store.commit(commitOf("new", ["n"]));
    const summary = await store.commit(commitOf("c", ["a", "ab"]));
    expect(summary).toEqual({ writtenBytes: 2 * CHUNK, evictedBytes: CHUNK });
    expect(await held(store, ["o", "n", "a", "ab"])).toEqual([false, true, true, true]);
  });

  test("what is found is used", async () => {
    const store = await chunks(2);
    await store.commit(commitOf("found", ["f"]));
    await store.commit(commitOf("new", ["n"]));
    await store.find(findOf("found", "f"));
    await store.commit(commitOf("c", ["a"]));
    expect(await held(store, ["f", "n"])).toEqual([true, false]);
  });

  test("a commit within the limit evicts nothing", async () => {
    const store = await chunks(2);
    await store.commit(commitOf("old", ["o"]));
    expect(await store.commit(commitOf("c", ["a"]))).toMatchObject({ evictedBytes: 0 });
    expect(await held(store, ["o", "a"])).toEqual([true, true]);
  });

  test("a superseded chunk makes room before anything is evicted", async () => {
    const store = await chunks(2);
    await store.commit(commitOf("old", ["o"]));
    await store.commit(commitOf("c", ["A"]));
    const next = commitOf("c", ["a"], { superseded: [hashOf("A")] });
    expect(await store.commit(next)).toEqual({ writtenBytes: CHUNK, evictedBytes: 0 });
    expect(await held(store, ["o", "a", "A"])).toEqual([true, true, false]);
  });

  test("a sequence that is longer than the limit keeps its end", async () => {
    const store = await chunks(2);
    await store.commit(commitOf("c", ["a", "ab"]));
    const summary = await store.commit(commitOf("c", ["abc"]));
    expect(summary).toEqual({ writtenBytes: CHUNK, evictedBytes: CHUNK });
    expect(await held(store, ["a", "ab", "abc"])).toEqual([false, true, true]);
  });

  test("of a commit that is larger than the limit the end is written", async () => {
    const store = await chunks(2);
    const summary = await store.commit(commitOf("c", ["a", "ab", "abc"]));
    expect(summary).toEqual({ writtenBytes: 2 * CHUNK, evictedBytes: 0 });
    expect(await held(store, ["a", "ab", "abc"])).toEqual([false, true, true]);
  });

  test("a new limit evicts at once, none brings the default back", async () => {
    const store = await chunks(10);
    await store.commit(commitOf("old", ["o", "oo"]));
    await store.commit(commitOf("new", ["n"]));
    await store.setLimit(2 * CHUNK);
    expect(await held(store, ["o", "oo", "n"])).toEqual([false, true, true]);
    expect(await store.usage()).toMatchObject({ kvBytes: 2 * CHUNK, limitBytes: 2 * CHUNK });
    await store.setLimit(undefined);
    expect(await store.usage()).toMatchObject({ kvBytes: 2 * CHUNK, limitBytes: 10 * CHUNK });
  });

  test("a limit of nothing keeps nothing", async () => {
    const store = await chunks(10);
    await store.commit(commitOf("c", ["a"]));
    await store.setLimit(0);
    expect(await store.commit(commitOf("c", ["ab"]))).toMatchObject({ writtenBytes: 0 });
    expect(await held(store, ["a", "ab"])).toEqual([false, false]);
  });

  test("no limit that is set goes past the most there may be", async () => {
    const store = await open({ defaultBytes: CHUNK, maxBytes: 2 * CHUNK });
    await store.setLimit(10 * CHUNK);
    await store.commit(commitOf("c", ["a", "ab", "abc"]));
    expect(await store.usage()).toMatchObject({ kvBytes: 2 * CHUNK, limitBytes: 2 * CHUNK });
  });

  test("usage says how the chunks of a conversation are stored, as far as they say it", async () => {
    const store = await chunks(10);
    const told = (path: string, fields: Partial<ChunkMeta>): ChunkWrite => {
      const { meta, values } = chunkAt(path);
      return { meta: { ...meta, ...fields }, values };
    };
    const transform = { family: "transform" };
    const transformed = { ...transform, tokenBytes: 20 };
    const writes = [
      told("a", transformed),
      told("ab", transformed),
      told("abC", { tokenBytes: 20 }),
      told("abD", transformed),
      told("ax", {}),
    ];
    await store.commit({ ...commitOf("c", []), writes });
    const { conversations } = await store.usage();
    expect(conversations.map(({ shares }) => shares)).toEqual([
      [
        { ...transform, bits: 1, tokens: 2 * TOKENS, bytes: 2 * CHUNK, plainBytes: 40 * TOKENS },
        { bits: 3, tokens: TOKENS / 2, bytes: CHUNK, plainBytes: 10 * TOKENS },
        { ...transform, bits: 3, tokens: TOKENS / 2, bytes: CHUNK, plainBytes: 10 * TOKENS },
      ],
    ]);
  });

  test("usage counts a shared chunk once, and once for each owner", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["a", "ab", "abC"]));
    await store.commit(commitOf("d", ["a", "ax"]));
    expect(await store.usage()).toMatchObject({
      kvBytes: 4 * CHUNK,
      conversations: [
        { conversationId: "c", ownBytes: 2 * CHUNK, sharedBytes: CHUNK },
        { conversationId: "d", ownBytes: CHUNK, sharedBytes: CHUNK },
      ],
    });
  });

  describe("when the browser refuses the space", () => {
    const refused = (store: TestChunkStore) =>
      store.commit(commitOf("c", ["a", "ab"], { superseded: [hashOf("A")] }));

    test("room is made, and the commit tried once more", async () => {
      const store = await open();
      for (const [id, path] of ["pp", "qq", "rr", "ss", "tt"].entries())
        await store.commit(commitOf(`c${id}`, [path.slice(0, 1)]));
      await store.commit(commitOf("c", ["A"]));
      await store.refuse(1);
      // It frees twice the bytes that are written.
      expect(await refused(store)).toEqual({ writtenBytes: 2 * CHUNK, evictedBytes: 4 * CHUNK });
      const expected = [false, false, false, false, true, true, true, false];
      expect(await held(store, ["p", "q", "r", "s", "t", "a", "ab", "A"])).toEqual(expected);
    });

    test("the conversation that is being written does not make the room while others can", async () => {
      const store = await open();
      await store.commit(commitOf("c", ["A", "x"]));
      await store.commit(commitOf("new", ["p", "q", "r", "s"]));
      await store.refuse(1);
      await refused(store);
      expect(await held(store, ["p", "q", "r", "s"])).toEqual([false, false, false, false]);
      expect(await held(store, ["x", "a", "ab"])).toEqual([true, true, true]);
    });

    test("and again, that is the answer, and nothing is half written", async () => {
      const store = await open();
      await store.commit(commitOf("old", ["o"]));
      await store.commit(commitOf("new", ["n", "nn", "nnn", "nnnn"]));
      await store.commit(commitOf("c", ["A"]));
      await store.refuse(2);
      await expect(refused(store)).rejects.toThrow("quota-exceeded");
      expect(await held(store, ["a", "ab", "A", "o", "nnnn"])).toEqual([
        ...[false, false, true],
        ...[false, true],
      ]);
      expect(await store.find(findOf("c", "ab"))).toEqual({
        full: [],
        partial: [chunkAt("A").meta],
      });
    });

    test("and there is nothing to evict, that is the answer at once", async () => {
      const store = await open();
      await store.refuse(1);
      await expect(refused(store)).rejects.toThrow("quota-exceeded");
      expect(await refused(store)).toEqual({ writtenBytes: 2 * CHUNK, evictedBytes: 0 });
    });
  });
}
