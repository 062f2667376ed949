import "fake-indexeddb/auto";
import { openDB } from "idb";
import { afterEach, expect, test, vi } from "vitest";
import { StoredLibraryHashes } from "./library-hashes.ts";

afterEach(() => vi.unstubAllGlobals());

const A = "a".repeat(64);
let names = 0;
const nextName = () => `libraries-${++names}`;

test("a hash is there at the next visit; what is no hash is not kept", async () => {
  const name = nextName();
  await new StoredLibraryHashes(name).keep("https://x.example/a.wasm", A);
  const next = new StoredLibraryHashes(name);
  expect(await next.get("https://x.example/a.wasm")).toBe(A);
  expect(await next.get("https://x.example/b.wasm")).toBeUndefined();
  await next.keep("https://x.example/b.wasm", "A".repeat(64));
  await next.keep(`https://x.example/${"b".repeat(3000)}`, A);
  expect(await next.get("https://x.example/b.wasm")).toBeUndefined();
});

test("records that nobody here wrote are passed over", async () => {
  const name = nextName();
  await new StoredLibraryHashes(name).keep("https://x.example/a.wasm", A);
  const db = await openDB(name);
  await db.put("libraries", { url: "https://x.example/a.wasm", sha256: 7, firstUsedMs: 0 });
  db.close();
  expect(await new StoredLibraryHashes(name).get("https://x.example/a.wasm")).toBeUndefined();
});

test("there is an end to how many are kept: those that were used first go", async () => {
  const name = nextName();
  const hashes = new StoredLibraryHashes(name);
  await hashes.keep("https://x.example/first.wasm", A);
  const db = await openDB(name);
  for (let i = 0; i < 500; i++)
    await db.put("libraries", { url: `u${i}`, sha256: A, firstUsedMs: Date.now() + i });
  db.close();
  await hashes.keep("https://x.example/last.wasm", A);
  expect(await hashes.get("https://x.example/first.wasm")).toBeUndefined();
  expect(await hashes.get("https://x.example/last.wasm")).toBe(A);
});

test("where the browser keeps nothing, nothing is known and nothing fails", async () => {
  vi.stubGlobal("indexedDB", undefined);
  const hashes = new StoredLibraryHashes(nextName());
  await hashes.keep("https://x.example/a.wasm", A);
  expect(await hashes.get("https://x.example/a.wasm")).toBeUndefined();
});
