import { deleteDB } from "idb";
import { afterEach, describe, expect, test, vi } from "vitest";
import { withQuota } from "../space/quota-testing.ts";
import { chunkStoreDamageConformance } from "./chunk-store-damage.conformance.ts";
import { chunkStoreSpaceConformance } from "./chunk-store-space.conformance.ts";
import { chunkStoreConformance, held, type OpenChunkStore } from "./chunk-store.conformance.ts";
import { idbChunkTable } from "./idb-chunk-table.ts";
import { databaseConnection } from "../database/open-database.ts";
import { chunkAt, commitOf, findOf, hashOf, keyOf } from "./chunk-fixtures-testing.ts";
import { testChunkStore } from "./chunk-store-testing.ts";
import { recordBytes } from "../bytes/value-bytes.ts";

const MIB = 2 ** 20;

const opened: string[] = [];
afterEach(() => Promise.all(opened.splice(0).map((name) => deleteDB(name))));

function freshName(): string {
  const name = `chunks-${crypto.randomUUID()}`;
  opened.push(name);
  return name;
}

const openNamed = (name: string, limits = {}) =>
  testChunkStore({ table: idbChunkTable(databaseConnection(name)), bytes: recordBytes }, limits);
const open: OpenChunkStore = (limits) => openNamed(freshName(), limits);

chunkStoreConformance(open);
chunkStoreDamageConformance(open);
chunkStoreSpaceConformance(open);

test("what was stored is there for the next connection", async () => {
  const name = freshName();
  await openNamed(name).commit(commitOf("c", ["a"]));
  expect(await held(openNamed(name), ["a"])).toEqual([true]);
});

test("a database that is deleted under the store is made again", async () => {
  const name = freshName();
  const store = openNamed(name);
  await store.commit(commitOf("c", ["a"]));
  await deleteDB(name);
  expect(await store.find(findOf("c", "a"))).toEqual({ full: [], partial: [] });
  expect(await store.read(keyOf("a"))).toBeUndefined();
  await store.commit(commitOf("c", ["a"]));
  expect(await held(store, ["a"])).toEqual([true]);
});

test("calls that a deletion overtakes all end", async () => {
  const name = freshName();
  const store = openNamed(name);
  await store.commit(commitOf("c", ["a"]));
  const paths = ["b", "c", "d", "e"];
  const commits = paths.map((path) => store.commit(commitOf("c", [path])));
  await Promise.all([deleteDB(name), Promise.allSettled(commits)]);
  await store.commit(commitOf("c", ["f"]));
  expect(await held(store, ["f"])).toEqual([true]);
});

describe("on a full disk", () => {
  withQuota(8 * MIB);

  const FREED = { timeout: 10_000, interval: 100 };

  /** A chunk of 1 MiB that does not compress. */
  const large = (path: string) => chunkAt(path, [MIB / 2, MIB / 2]);
  const commitLarge = (conversationId: string, paths: string[], superseded: string[] = []) =>
    commitOf(conversationId, [], { writes: paths.map(large), superseded });

  test("the least recently used conversations make room", async () => {
    const store = await open();
    let evictedBytes = 0;
    for (let turn = 0; turn < 20; turn++) {
      const path = String.fromCodePoint(97 + turn);
      const summary = await store.commit(commitLarge(`c${turn}`, [path]));
      expect(summary.writtenBytes).toBe(MIB);
      evictedBytes += summary.evictedBytes;
    }
    expect(evictedBytes).toBeGreaterThan(0);
    expect(await held(store, ["a", "t"])).toEqual([false, true]);
  });

  test("a commit that never fits is quota-exceeded, and leaves no half of itself", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["A"]));
    const paths = Array.from({ length: 12 }, (_, index) => "abcdefghijkl".slice(0, index + 1));
    const error = await store
      .commit(commitLarge("c", paths, [hashOf("A")]))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ failure: { code: "quota-exceeded" } });
    expect(await held(store, paths)).toEqual(paths.map(() => false));
    expect((await store.find(findOf("c", paths.at(-1) ?? ""))).full).toEqual([]);
    // The browser deletes what an aborted transaction wrote some time later. Until then the disk is full.
    const summary = await vi.waitFor(() => store.commit(commitOf("c", ["b"])), FREED);
    expect(summary).toMatchObject({ writtenBytes: 150 });
  });
});
