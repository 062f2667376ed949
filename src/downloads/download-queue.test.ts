import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fillingOf, mlcFiles, TestBrowser } from "./download-queue-testing.ts";
import { begin, cutAfter, serveFaulty, type FaultyServer } from "./faulty-server-testing.ts";

const MB = 1e6;
const SHARDS = [fillingOf(3 * MB, 1), fillingOf(2 * MB, 2), fillingOf(2.5 * MB, 3)];
const GGUF = fillingOf(5 * MB, 9);

let server: FaultyServer;
let browser: TestBrowser;

beforeEach(async () => {
  server = await serveFaulty(new Map([...mlcFiles(...SHARDS), ["a.gguf", GGUF]]));
  browser = new TestBrowser();
});
afterEach(() => server.close());

const mlc = () => ({ url: server.url, name: "Model" });
const gguf = () => ({ url: `${server.url}a.gguf`, name: "File" });

test("a model of MLC ends up in Cache Storage, whole and under its own names", async () => {
  const { queue, untilIs } = await browser.open();
  expect(await queue.start(mlc())).toEqual({ ok: true });
  const done = await untilIs("done");
  expect(done.loadedBytes).toBe(done.totalBytes);
  expect(browser.cache.names()).toEqual([
    "mlc-chat-config.json",
    "params_shard_0.bin",
    "params_shard_1.bin",
    "params_shard_2.bin",
    "tensor-cache.json",
    "tokenizer.json",
  ]);
  for (const [i, shard] of SHARDS.entries())
    expect(browser.cache.files.get(`webllm/model ${server.url}params_shard_${i}.bin`)?.length).toBe(
      shard.length,
    );
  expect(browser.pieces.files.size).toBe(0);
});

describe("after ten cuts", () => {
  test.each([
    ["a model of MLC", mlc, SHARDS.reduce((sum, { length }) => sum + length, 0)],
    ["a GGUF file", gguf, GGUF.length],
  ])("of %s no more than 1 MB is fetched twice", async (_, request, bytes) => {
    let cuts = 0;
    let delivered = 0;
    server.fault = (asked, response, file) => {
      const length = asked.end - asked.start;
      if (length < 1000 || asked.name.endsWith(".json")) return false;
      if (cuts >= 10) {
        delivered += length;
        return false;
      }
      cuts++;
      const part = Math.min(length - 1, 200_000 + cuts * 30_000);
      delivered += part;
      cutAfter(part, asked, response, file, server.headers);
      return true;
    };
    const { queue, untilIs } = await browser.open();
    await queue.start(request());
    await untilIs("done");
    expect(cuts).toBe(10);
    expect(delivered - bytes).toBeLessThanOrEqual(MB);
  });
});

test("a page that is closed again and again loses next to nothing", async () => {
  let delivered = 0;
  const stop = { atBytes: 0 };
  server.fault = (asked, response, file) => {
    if (asked.end - asked.start < 1000) return false;
    const part = Math.min(asked.end - asked.start, 400_000);
    delivered += part;
    begin(asked, response, file, server.headers);
    // The rest never comes.
    response.write(file.subarray(asked.start, asked.start + part));
    if (part === asked.end - asked.start) response.end();
    return true;
  };
  for (let visit = 1; visit <= 10; visit++) {
    const { queue, until } = await browser.open();
    if (visit === 1) await queue.start(gguf());
    else await queue.resume();
    stop.atBytes += 400_000;
    await until((one) => one.loadedBytes >= stop.atBytes);
    // A page that is closed tells nobody: its requests just end, and its files are left as they are.
    await queue.pause(gguf().url);
    await browser.records.put({ ...(await record()), wish: "runs" });
  }
  server.fault = (asked) => {
    if (asked.end - asked.start > 1000) delivered += asked.end - asked.start;
    return false;
  };
  const last = await browser.open();
  expect(last.all()).toMatchObject([{ state: "waiting", loadedBytes: 4 * MB }]);
  await last.queue.resume();
  await last.untilIs("done");
  expect(delivered - GGUF.length).toBeLessThanOrEqual(MB);
});

async function record() {
  const [found] = await browser.records.all();
  if (!found) throw new Error("there is a record");
  return found;
}
