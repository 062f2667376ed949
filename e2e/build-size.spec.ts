import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "@playwright/test";
import { SHIPPED } from "./pages/servers.ts";
import { test } from "./pages/test.ts";

/** What has to come before the page can be used, in bytes as they go over the network. */
const MOST_SHELL_BYTES = 200_000;
/** What the service worker fetches ahead, so that the page works without a network. */
const MOST_PRECACHED_BYTES = 1_000_000;

const read = (path: string) => readFile(join(SHIPPED.folder, path));

/** The size of these files together, each compressed as servers do. */
async function compressedBytes(paths: Iterable<string>): Promise<number> {
  const files = await Promise.all([...paths].map(read));
  return files.reduce((sum, file) => sum + gzipSync(file).length, 0);
}

/** The parts of a text that a pattern's group finds, each once. */
const found = (text: string, pattern: RegExp): Set<string> =>
  new Set([...text.matchAll(pattern)].map(([, path = ""]) => path));

test("what is fetched before the page can be used is at most 200 KB", async () => {
  const page = (await read("index.html")).toString();
  const shell = found(page, /(?:src|href)="\.?\/?([^"]+\.(?:js|css))"/g);
  expect(shell.size).toBeGreaterThan(1);
  expect(await compressedBytes(["index.html", ...shell])).toBeLessThanOrEqual(MOST_SHELL_BYTES);
});

test("the service worker fetches at most 1 MB ahead, and no large part that few people need", async () => {
  const worker = (await read("sw.js")).toString();
  const precached = found(worker, /url:\s*"([^"]+)"/g);
  expect(precached).toContain("index.html");
  expect([...precached].filter((path) => /web-llm-|grammar-/.test(path))).toEqual([]);
  expect(await compressedBytes(precached)).toBeLessThanOrEqual(MOST_PRECACHED_BYTES);
});
