import { afterEach, beforeEach, expect, test } from "vitest";
import { ModelFiles } from "./fetch-files.ts";
import { fetchInOrder, type FetchPart } from "./fetch-in-order.ts";
import { MemoryCache, serveModel, type ModelServer } from "./model-server-testing.ts";
import { openRemoteFile } from "./remote-file.ts";

const BYTES = Uint8Array.from({ length: 2 ** 22 + 5 }, (_, i) => i * 7 + (i >> 12));

let server: ModelServer;
let cache: MemoryCache;

beforeEach(async () => {
  server = await serveModel(new Map([["a.gguf", BYTES]]));
  cache = new MemoryCache();
});
afterEach(() => server.close());

/** Reads a file as a model is read. @returns a copy of it, and the parts themselves as they are afterwards */
async function readInOrder() {
  const files = new ModelFiles({ fetch, cache }, new AbortController().signal);
  const file = await openRemoteFile(files, `${server.url}a.gguf`, 2 ** 30);
  const parts = [...file.parts.keys()].map(
    (index): FetchPart =>
      (told) =>
        file.part(index, told),
  );
  const read: Uint8Array[] = [];
  const copies: Uint8Array[] = [];
  for await (const bytes of fetchInOrder(parts, () => undefined)) {
    read.push(bytes);
    copies.push(bytes.slice());
  }
  return { read, copy: Buffer.concat(copies), files };
}

test("what was kept of a file is whole, although the memory of its parts was given back", async () => {
  expect((await readInOrder()).copy.equals(BYTES)).toBe(true);
  const again = await readInOrder();
  expect(again.files.networkBytes).toBe(0);
  expect(again.copy.equals(BYTES)).toBe(true);
});

test("a part has no memory any more when the next is asked for", async () => {
  const { read } = await readInOrder();
  expect(read.map(({ length }) => length)).toEqual([0, 0, 0, 0]);
});

test("parts are read one after the other, at most two at a time", async () => {
  let [reading, most] = [0, 0];
  const part: FetchPart = async () => {
    most = Math.max(most, ++reading);
    await new Promise((resolve) => setTimeout(resolve));
    return new Uint8Array(4);
  };
  for await (const bytes of fetchInOrder(
    Array.from({ length: 5 }, () => part),
    () => undefined,
  )) {
    await new Promise((resolve) => setTimeout(resolve));
    expect(bytes).toHaveLength(4);
    reading--;
  }
  expect(most).toBe(2);
});
