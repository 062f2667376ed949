import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { failureOf, NoWaiting } from "../model/sources/load-model-testing.ts";
import { ModelFiles } from "./fetch-files.ts";
import { MemoryCache, serveModel, type Fault, type ModelServer } from "./model-server-testing.ts";
import { openRemoteFile } from "./remote-file.ts";

const MIB = 2 ** 20;
const BYTES = Uint8Array.from({ length: 3 * MIB + 5 }, (_, i) => i * 7 + (i >> 12));

let server: ModelServer;
let cache: MemoryCache;
let served: Map<string, Uint8Array>;

beforeEach(async () => {
  served = new Map([["a.gguf", BYTES]]);
  server = await serveModel(served);
  cache = new MemoryCache();
});
afterEach(() => server.close());

/** Opens the file as a page that was just loaded does. */
function open(maxBytes = 2 ** 30) {
  const sources = { fetch: (...args: Parameters<typeof fetch>) => fetch(...args), cache };
  const files = new ModelFiles(
    { ...sources, timing: new NoWaiting() },
    new AbortController().signal,
  );
  return { files, opening: openRemoteFile(files, `${server.url}a.gguf`, maxBytes) };
}

async function readAll() {
  const { files, opening } = open();
  const file = await opening;
  const parts: Uint8Array[] = [];
  for (const index of file.parts.keys()) parts.push(await file.part(index));
  return { files, file, bytes: Buffer.concat(parts) };
}

test("a file comes in parts, and from the cache without any request", async () => {
  const first = await readAll();
  expect(first.bytes.equals(BYTES)).toBe(true);
  expect(first.file).toMatchObject({ bytes: BYTES.length, validator: '"1"' });
  expect(first.files.networkBytes).toBe(BYTES.length);
  expect(server.requests).toHaveLength(3);
  await server.close();
  const second = await readAll();
  expect(second.bytes.equals(BYTES)).toBe(true);
  expect(second.files.networkBytes).toBe(0);
  server = await serveModel(served);
});

test("it is known how much is yet to be downloaded, and a part of it tells so", async () => {
  const file = await open().opening;
  expect(await file.missingBytes()).toBe(BYTES.length - MIB);
  const told: number[] = [];
  await file.part(1, (loaded) => told.push(loaded));
  expect(told.at(-1)).toBe(MIB);
  expect(await file.missingBytes()).toBe(BYTES.length - 2 * MIB);
});

test.each<[string, (bytes: Uint8Array) => Uint8Array<ArrayBuffer>]>([
  ["cut off", (bytes) => new Uint8Array(bytes.length - 1)],
  ["with one other bit", (bytes) => Uint8Array.from(bytes, (byte, i) => byte ^ Number(i === 99))],
])("a part in the cache that is %s is fetched again", async (_, damage) => {
  await readAll();
  const [name = ""] = cache.names().filter((one) => one.includes(`bytes=${MIB}-`));
  cache.spoil(name, damage);
  const { bytes, files } = await readAll();
  expect(bytes.equals(BYTES)).toBe(true);
  expect(files.networkBytes).toBe(MIB);
});

describe("a file that is another than before", () => {
  const OTHER = BYTES.map((byte) => byte ^ 1);

  test.each<[string, Record<string, string>]>([
    ["by its ETag", { etag: '"2"' }],
    ["by the time of its last change", { "last-modified": "Mon, 30 Nov 2026 12:00:00 GMT" }],
  ])("is refused while it is read, %s", async (_, headers) => {
    const file = await open().opening;
    replaceHeaders(headers);
    expect(await failureOf(file.part(1))).toMatchObject({ code: "model-changed" });
  });

  test("is refused while it is read, by its length", async () => {
    const file = await open().opening;
    served.set("a.gguf", BYTES.subarray(0, BYTES.length - 1));
    expect(await failureOf(file.part(1))).toMatchObject({ code: "model-changed" });
  });

  test("is read anew at the next load, and nothing of the old one is left", async () => {
    const before = await open().opening;
    await before.part(1);
    served.set("a.gguf", OTHER);
    replaceHeaders({ etag: '"2"' });
    const { bytes } = await readAll();
    expect(bytes.equals(OTHER)).toBe(true);
    expect(cache.names()).toHaveLength(4);
  });

  test("without an ETag or a time, is told by samples", async () => {
    replaceHeaders({});
    const before = await open().opening;
    served.set("a.gguf", OTHER);
    const after = await open().opening;
    expect(before.validator).toMatch(/^samples [0-9a-f]{64}$/);
    expect(after.validator).not.toBe(before.validator);
  });
});

/** From now on the server says this of the file. */
function replaceHeaders(headers: Record<string, string>): void {
  server.partHeaders.clear();
  for (const [name, value] of Object.entries(headers)) server.partHeaders.set(name, value);
}

describe("a server's answer is refused", () => {
  const part = (headers: Record<string, string>, bytes = BYTES.subarray(0, MIB)): Fault => {
    return (response) => response.writeHead(206, headers).end(bytes);
  };
  const total = BYTES.length;

  test.each<[string, Fault, object]>([
    ["that is the whole file", (response) => response.end("whole"), { code: "model-whole-only" }],
    ["without a Content-Range", part({}), { code: "model-invalid" }],
    [
      "with another part",
      part({ "content-range": `bytes 1-${MIB}/${total}` }),
      { code: "model-invalid" },
    ],
    [
      "with a longer part",
      part({ "content-range": `bytes 0-${MIB}/${total}` }),
      { code: "model-invalid" },
    ],
    [
      "with a part that no number is",
      part({ "content-range": `bytes 0-${"9".repeat(30)}/*` }),
      { code: "model-invalid" },
    ],
    [
      "with fewer bytes than it says",
      part({ "content-range": `bytes 0-${MIB - 1}/${total}` }, BYTES.subarray(0, 9)),
      { code: "model-truncated", foundBytes: 9 },
    ],
    [
      "with more bytes than it says",
      part({ "content-range": `bytes 0-${MIB - 1}/${total}` }, BYTES),
      { code: "model-truncated" },
    ],
    [
      "of a file that is too large",
      part({ "content-range": `bytes 0-${MIB - 1}/${2 ** 40}` }),
      { code: "model-file-too-large" },
    ],
    [
      "that it does not exist",
      (response) => response.writeHead(404).end(),
      { code: "model-http-error", status: 404 },
    ],
  ])("%s", async (_, fault, failure) => {
    server.faults.set("a.gguf", fault);
    expect(await failureOf(open().opening)).toMatchObject(failure);
    expect(cache.names()).toEqual([]);
  });

  test("and of one that is whole, the body is not read", async () => {
    let closed = false;
    server.faults.set("a.gguf", (response) => {
      response.on("close", () => (closed = true));
      response.write(new Uint8Array(10));
    });
    expect(await failureOf(open().opening)).toMatchObject({ code: "model-whole-only" });
    await expect.poll(() => closed).toBe(true);
  });
});

test("a file without any byte is opened as such", async () => {
  served.set("a.gguf", new Uint8Array());
  expect(await open().opening).toMatchObject({ bytes: 0, parts: [] });
});

test("a server that fails for a moment is asked again", async () => {
  let tries = 0;
  server.faults.set("a.gguf", (response) => {
    if (++tries === 2) server.faults.clear();
    response.writeHead(503).end();
  });
  expect(await open().opening).toMatchObject({ bytes: BYTES.length });
  expect(tries).toBe(2);
});
