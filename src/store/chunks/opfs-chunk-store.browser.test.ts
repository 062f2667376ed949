import * as Comlink from "comlink";
import { deleteDB } from "idb";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { chunkStoreDamageConformance } from "./chunk-store-damage.conformance.ts";
import { chunkStoreSpaceConformance } from "./chunk-store-space.conformance.ts";
import { chunkStoreConformance, held, type OpenChunkStore } from "./chunk-store.conformance.ts";
import type { OpfsTestWorker } from "./opfs-chunk-store.worker.ts";
import { chunkAt, commitOf, contentOf, findOf, hashOf, keyOf } from "./chunk-fixtures-testing.ts";

const running = new Worker(new URL("./opfs-chunk-store.worker.ts", import.meta.url), {
  type: "module",
});
afterAll(() => running.terminate());
const worker = Comlink.wrap<OpfsTestWorker>(running);

const opened: string[] = [];
afterEach(async () => {
  const root = await navigator.storage.getDirectory();
  for (const name of opened.splice(0)) {
    await root.removeEntry(name, { recursive: true });
    await deleteDB(name);
  }
});

function freshName(): string {
  const name = `opfs-${crypto.randomUUID()}`;
  opened.push(name);
  return name;
}

const open: OpenChunkStore = (limits) => worker.open(freshName(), limits);

chunkStoreConformance(open);
chunkStoreDamageConformance(open);
chunkStoreSpaceConformance(open);

describe("files", () => {
  let name = "";
  beforeEach(() => (name = freshName()));

  test("there is one for each value, and none that is not needed", async () => {
    const store = await worker.open(name);
    await store.commit(commitOf("c", ["a", "A"]));
    expect(await worker.files(name)).toHaveLength(4);
    await store.commit(commitOf("c", ["a", "aB"], { superseded: [hashOf("A")] }));
    expect(await worker.files(name)).toHaveLength(4);
    await store.interruptAfter(1);
    await expect(store.commit(commitOf("c", ["b", "bc"]))).rejects.toThrow();
    expect(await worker.files(name)).toHaveLength(4);
    await store.removeOwner("c");
    expect(await worker.files(name)).toEqual([]);
  });

  test("one that lost its end costs its chunk", async () => {
    const store = await worker.open(name);
    await store.commit(commitOf("c", ["a"]));
    for (const file of await worker.files(name)) await worker.truncate(name, file);
    expect(await store.read(keyOf("a"))).toBeUndefined();
    expect(await held(store, ["a"])).toEqual([false]);
    expect(await worker.files(name)).toEqual([]);
  });

  test("all gone are so many chunks that are not stored", async () => {
    const store = await worker.open(name);
    await store.commit(commitOf("c", ["a", "ab"]));
    const root = await navigator.storage.getDirectory();
    await root.removeEntry(name, { recursive: true });
    expect(await store.read(keyOf("a"))).toBeUndefined();
    expect(await store.find(findOf("c", "ab"))).toMatchObject({ full: [chunkAt("ab").meta] });
    await store.commit(commitOf("c", ["a"]));
    expect(await store.read(keyOf("a"))).toEqual(contentOf("a", 0, 100));
  });

  test("simultaneous reads of one value all get it", async () => {
    const store = await worker.open(name);
    const other = await worker.open(name);
    await store.commit(commitOf("c", ["a"]));
    const reads = Array.from({ length: 8 }, (_, i) => (i % 2 ? store : other).read(keyOf("a")));
    for (const bytes of await Promise.all(reads)) expect(bytes).toEqual(contentOf("a", 0, 100));
  });

  test("that no record names are swept, unless they are young", async () => {
    const store = await worker.open(name);
    await store.commit(commitOf("c", ["a"]));
    const named = await worker.files(name);
    const directory = await (await navigator.storage.getDirectory()).getDirectoryHandle(name);
    await directory.getFileHandle("orphan", { create: true });
    await worker.sweep(name, Date.now());
    expect(await worker.files(name)).toHaveLength(3);
    await worker.sweep(name, Date.now() + 2 * 60 * 60 * 1000);
    expect((await worker.files(name)).sort()).toEqual(named.sort());
  });
});
