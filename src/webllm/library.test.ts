import { expect, test } from "vitest";
import { WEBLLM_LIBRARIES } from "../protocol/webllm-libraries.ts";
import { provideLibrary } from "./library.ts";
import { LIBRARY, LIBRARY_URL, surroundings } from "./webllm-testing.ts";

const KEY = `webllm/wasm ${LIBRARY_URL}`;
const OTHER = new TextEncoder().encode("\0asm of someone else");
const { signal } = new AbortController();

function open() {
  const { server, cache, hashes, parts } = surroundings();
  const provide = (url = LIBRARY_URL) => provideLibrary(url, parts, signal);
  return { server, cache, hashes, provide };
}

test("LB2, LB4: the first use fetches it, keeps its hash, and hands over what WebLLM checks", async () => {
  const { server, cache, hashes, provide } = open();
  const digest = await crypto.subtle.digest("SHA-256", LIBRARY);
  const base64 = Buffer.from(digest).toString("base64");
  expect(await provide()).toBe(`sha256-${base64}`);
  expect(cache.files.get(KEY)).toEqual(LIBRARY);
  expect(hashes.kept.get(LIBRARY_URL)).toBe(Buffer.from(digest).toString("hex"));

  server.isReachable = false;
  expect(await provide()).toBe(`sha256-${base64}`);
  expect(server.requests).toHaveLength(1);
});

test("LB2: one that is another later is refused, and does not come into the cache", async () => {
  const { server, cache, provide } = open();
  await provide();
  cache.files.clear();
  server.changed.set(LIBRARY_URL, OTHER);
  await expect(provide()).rejects.toMatchObject({
    failure: { code: "library-changed", url: LIBRARY_URL },
  });
  expect(cache.files.size).toBe(0);
});

test("LB3: a copy that was changed in the cache is fetched again", async () => {
  const { cache, provide } = open();
  const integrity = await provide();
  cache.files.set(KEY, OTHER);
  expect(await provide()).toBe(integrity);
  expect(cache.files.get(KEY)).toEqual(LIBRARY);
});

test("LB2: what WebLLM itself has cached before is taken at its first use here", async () => {
  const { server, cache, hashes, provide } = open();
  cache.files.set(KEY, LIBRARY);
  server.isReachable = false;
  await provide();
  expect(hashes.kept.size).toBe(1);
});

test.each([
  "https://raw.githubusercontent.com/someone/else/main/x.wasm",
  `${WEBLLM_LIBRARIES}../../x.wasm`,
  `${WEBLLM_LIBRARIES}%2e%2e/x.wasm`,
  `${WEBLLM_LIBRARIES}x.js`,
  `${WEBLLM_LIBRARIES}a/x.wasm`,
  `${WEBLLM_LIBRARIES}x.wasm?y`,
  "https://rekindle.example/x.wasm",
])("LB1: %s is no place of a library", async (url) => {
  const { server, provide } = open();
  await expect(provide(url)).rejects.toMatchObject({ failure: { code: "model-invalid" } });
  expect(server.requests).toEqual([]);
});

test("one that cannot be had says so", async () => {
  const { provide } = open();
  const url = `${WEBLLM_LIBRARIES}None-webgpu.wasm`;
  await expect(provide(url)).rejects.toMatchObject({
    failure: { code: "model-http-error", status: 404 },
  });
});
