import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isBuildGone } from "./build-presence.ts";

/** What the server answers, by path. */
const ANSWERS: Record<string, [status: number, type: string]> = {
  "/there.js": [200, "text/javascript"],
  "/untyped.js": [200, ""],
  "/page-instead.js": [200, "text/html; charset=utf-8"],
  "/gone.js": [410, "text/plain"],
  "/broken.js": [503, "text/html"],
};
const asked: (string | undefined)[] = [];

const server = createServer((request, response) => {
  asked.push(request.method);
  const [status, type] = ANSWERS[request.url ?? ""] ?? [404, "text/html"];
  response.writeHead(status, type === "" ? {} : { "Content-Type": type }).end();
});
let origin = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, resolve));
  origin = `http://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

test.each([
  ["there.js", false],
  ["untyped.js", false],
  ["missing.js", true],
  ["gone.js", true],
  ["page-instead.js", true],
  ["broken.js", false],
])("%s: gone is %s", async (file, isGone) => {
  expect(await isBuildGone(`${origin}/${file}`)).toBe(isGone);
});

test("only the head is asked for", () => {
  expect(new Set(asked)).toEqual(new Set(["HEAD"]));
});

test("without an answer nothing is gone", async () => {
  const offline = () => Promise.reject(new TypeError("Failed to fetch"));
  expect(await isBuildGone(`${origin}/missing.js`, offline)).toBe(false);
});
