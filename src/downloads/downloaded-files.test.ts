import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fillingOf, TestBrowser } from "./download-queue-testing.ts";
import { openDownloadedWith } from "./downloaded-files.ts";
import { serveFaulty, type FaultyServer } from "./faulty-server-testing.ts";

const MIB = 2 ** 20;
/** Of two pieces. */
const GGUF = fillingOf(33 * MIB, 5);

let server: FaultyServer;
let browser: TestBrowser;
beforeEach(async () => {
  server = await serveFaulty(new Map([["a.gguf", GGUF]]));
  browser = new TestBrowser();
});
afterEach(() => server.close());

test("the pieces of a downloaded file are read as one, and tell the state that the server told", async () => {
  const { queue, untilIs } = await browser.open();
  const url = `${server.url}a.gguf`;
  const open = openDownloadedWith(browser.records, browser.pieces);
  expect(await open(url)).toBeUndefined();
  await queue.start({ url, name: "File" });
  await untilIs("done");
  const [file, ...others] = (await open(url)) ?? [];
  expect(others).toEqual([]);
  expect(file).toMatchObject({ url, bytes: GGUF.length, validator: '"1"' });
  const range = { start: 32 * MIB - 9, end: 32 * MIB + 9 };
  expect(await file?.slice(range)).toEqual(GGUF.subarray(range.start, range.end));
  expect(await file?.missingBytes()).toBe(0);
  const [piece = ""] = browser.pieces.files.keys();
  browser.pieces.files.delete(piece);
  expect(await open(url)).toBeUndefined();
});
