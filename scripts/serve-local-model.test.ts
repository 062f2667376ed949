import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answerWith, rangeOf, serveLocalModel } from "./serve-local-model.ts";

const CONTENT = "0123456789";
const ETAG = '"abc"';
let folder = "";
let server: Server;
let origin = "";
let isThere = true;

beforeEach(async () => {
  isThere = true;
  folder = mkdtempSync(join(tmpdir(), "rekindle-serve-"));
  const path = join(folder, "a model.gguf");
  writeFileSync(path, CONTENT);
  const file = { model: { name: "A model", path }, bytes: CONTENT.length, etag: ETAG };
  const answer = answerWith(() => (isThere ? file : undefined))("/");
  server = createServer((request, response) =>
    answer(request, response, () => response.writeHead(418).end()),
  ).listen(0);
  await new Promise((resolve) => server.once("listening", resolve));
  origin = `http://localhost:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const ask = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  fetch(`${origin}/${path}`, { headers, method });
const file = (headers: Record<string, string> = {}, method = "GET") =>
  ask("models/local/a%20model.gguf", headers, method);

test("the description names the model, and is left to the build where there is none", async () => {
  expect(await (await ask("models/local.json")).json()).toEqual({
    name: "A model",
    url: "local/a%20model.gguf",
    bytes: 10,
  });
  isThere = false;
  expect((await ask("models/local.json")).status).toBe(418);
  expect((await file()).status).toBe(418);
});

test("the file comes whole or in a range, with a strong validator", async () => {
  const whole = await file();
  expect(whole.status).toBe(200);
  expect(whole.headers.get("etag")).toBe(ETAG);
  expect(await whole.text()).toBe(CONTENT);
  const part = await file({ Range: "bytes=2-4" });
  expect(part.status).toBe(206);
  expect(part.headers.get("content-range")).toBe("bytes 2-4/10");
  expect(await part.text()).toBe("234");
  expect(await (await file({ Range: "bytes=-3" })).text()).toBe("789");
});

test("a range behind the end is refused with the size", async () => {
  const response = await file({ Range: "bytes=10-" });
  expect(response.status).toBe(416);
  expect(response.headers.get("content-range")).toBe("bytes */10");
});

test("a range of a file that has changed is answered with all of the new one", async () => {
  expect((await file({ Range: "bytes=0-1", "If-Range": ETAG })).status).toBe(206);
  expect((await file({ Range: "bytes=0-1", "If-Range": '"older"' })).status).toBe(200);
  expect((await file({ "If-None-Match": `"x", ${ETAG}` })).status).toBe(304);
});

test("HEAD gives the headers alone, and nothing can be written", async () => {
  const head = await file({}, "HEAD");
  expect(head.headers.get("content-length")).toBe("10");
  expect(await head.text()).toBe("");
  expect((await file({}, "DELETE")).status).toBe(405);
});

test.each(["models/local/other.gguf", "models/local/..%2fa%20model.gguf", "models/local/"])(
  "no other file is served: %s",
  async (path) => expect((await ask(path)).status).toBe(418),
);

test("everything else is left to the server", async () => {
  expect((await ask("models/pip-4.7m/x.json")).status).toBe(418);
  expect((await ask("models/local.json.gz")).status).toBe(418);
});

test.each([
  ["bytes=0-0", { start: 0, end: 1 }],
  ["bytes=5-", { start: 5, end: 10 }],
  ["bytes=0-99999999999999", { start: 0, end: 10 }],
  ["bytes=-99", { start: 0, end: 10 }],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=10-11", "unsatisfiable"],
  ["bytes=4-2", undefined],
  ["bytes=0-1,3-4", undefined],
  ["bytes=-", undefined],
  ["bytes=9007199254740993000-", undefined],
  ["lines=1-2", undefined],
  [undefined, undefined],
])("the range %j", (header, range) => {
  expect(rangeOf(header, 10)).toEqual(range);
});

test("a build has no part in it", () => {
  expect(Object.keys(serveLocalModel(undefined)).toSorted()).toEqual([
    "configurePreviewServer",
    "configureServer",
    "name",
  ]);
});
