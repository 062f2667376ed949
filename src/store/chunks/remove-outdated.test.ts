import "fake-indexeddb/auto";
import { describe, expect, test } from "vitest";
import { NUMERICS_VERSION } from "../../protocol/kv-store-api.ts";
import { databaseConnection } from "../database/open-database.ts";
import { recordBytes } from "../bytes/value-bytes.ts";
import { chunkAt, commitOf, findOf, keyOf } from "./chunk-fixtures-testing.ts";
import { testChunkStore } from "./chunk-store-testing.ts";
import type { ChunkTable, ChunkWrites } from "./chunk-table.ts";
import { idbChunkTable } from "./idb-chunk-table.ts";
import { memoryChunkTable } from "./memory-chunk-table.ts";

let databases = 0;
const TABLES: [string, () => ChunkTable][] = [
  ["in IndexedDB", () => idbChunkTable(databaseConnection(`outdated-${++databases}`))],
  ["in memory", memoryChunkTable],
];

const LETTERS = Array.from("abcdefghijklmnopqrstuvwxyz");

/** Stores a first chunk for each letter, as an older build did if `numerics` is undefined. */
async function stored(table: ChunkTable, letters: readonly string[], numerics?: number) {
  const store = testChunkStore({ table, bytes: recordBytes });
  const writes = letters.map((letter) => {
    const { meta, values } = chunkAt(letter);
    delete meta.numerics;
    return { meta: { ...meta, ...(numerics !== undefined && { numerics }) }, values };
  });
  await store.commit(commitOf("c", [], { writes }));
  return store;
}

const left = async (store: ReturnType<typeof testChunkStore>, letter: string) =>
  (await store.find(findOf("c", letter))).full.length;

describe.each(TABLES)("outdated chunks %s", (_, makeTable) => {
  test("RO1: those of an older arithmetic go with their values, all others stay", async () => {
    const table = makeTable();
    await stored(table, ["a"]);
    await stored(table, ["b"], 1);
    await stored(table, ["c"], -1);
    await stored(table, ["d"], NUMERICS_VERSION);
    const store = await stored(table, ["e"], NUMERICS_VERSION + 1);
    await store.removeOutdated();
    const after = await Promise.all(["a", "b", "c", "d", "e"].map((path) => left(store, path)));
    expect(after).toEqual([0, 0, 0, 1, 1]);
    expect(await store.holds(keyOf("a"))).toBe(false);
    expect(await store.holds(keyOf("d", 1))).toBe(true);
  });

  test("RO2: they go in steps, between which others get their turn", async () => {
    const table = makeTable();
    await stored(table, LETTERS);
    const counts: number[] = [];
    const counting: ChunkTable = {
      ...table,
      write: (work) =>
        table.write((tx) => {
          let removed = 0;
          const removeChunk: ChunkWrites["removeChunk"] = (key) => {
            removed++;
            return tx.removeChunk(key);
          };
          return work({ ...tx, removeChunk }).finally(() => counts.push(removed));
        }),
    };
    const store = testChunkStore({ table: counting, bytes: recordBytes });
    await store.removeOutdated();
    expect(counts).toEqual([16, 10]);
  });

  test("RO3: what was removed is told once, and not again when an old build stores more", async () => {
    const table = makeTable();
    const store = await stored(table, ["a"]);
    await store.removeOutdated();
    expect([await store.takeRemoval(), await store.takeRemoval()]).toEqual([true, false]);
    await stored(table, ["b"]);
    await store.removeOutdated();
    expect(await left(store, "b")).toBe(0);
    expect(await store.takeRemoval()).toBe(false);
  });

  test("RO3: where nothing is outdated, there is nothing to tell", async () => {
    const store = await stored(makeTable(), ["a"], NUMERICS_VERSION);
    await store.removeOutdated();
    expect(await store.takeRemoval()).toBe(false);
  });

  test("RO2, RO3: what an interrupted start has left goes with the next one, which tells it", async () => {
    const table = makeTable();
    await stored(table, LETTERS);
    let steps = 0;
    const interrupted: ChunkTable = {
      ...table,
      write: (work) =>
        ++steps > 1 ? Promise.reject(new Error("the page was closed")) : table.write(work),
    };
    const closed = testChunkStore({ table: interrupted, bytes: recordBytes });
    await expect(closed.removeOutdated()).rejects.toThrow("the page was closed");
    expect(await left(closed, "a")).toBe(0);
    expect(await left(closed, "z")).toBe(1);
    const next = testChunkStore({ table, bytes: recordBytes });
    await next.removeOutdated();
    expect(await left(next, "z")).toBe(0);
    expect(await next.takeRemoval()).toBe(true);
  });

  test("RO2, RO3: two tabs at once remove all of it, and one of them tells it", async () => {
    const table = makeTable();
    const [tab, other] = [await stored(table, LETTERS), await stored(table, ["a"])];
    await Promise.all([tab.removeOutdated(), other.removeOutdated()]);
    const told = await Promise.all([tab.takeRemoval(), other.takeRemoval()]);
    expect(told.filter(Boolean)).toEqual([true]);
    const after = await Promise.all(LETTERS.map((path) => left(tab, path)));
    expect(Math.max(...after)).toBe(0);
  });
});
