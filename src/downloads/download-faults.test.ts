import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fillingOf, mlcFiles, TestBrowser } from "./download-queue-testing.ts";
import {
  begin,
  cutAfter,
  serveFaulty,
  type Asked,
  type FaultyServer,
} from "./faulty-server-testing.ts";

const SHARDS = [fillingOf(900_000, 1), fillingOf(700_000, 2)];
const GGUF = fillingOf(1_500_000, 9);
const POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 900000\n";

let server: FaultyServer;
let browser: TestBrowser;

beforeEach(async () => {
  server = await serveFaulty(new Map([...mlcFiles(...SHARDS), ["a.gguf", GGUF]]));
  browser = new TestBrowser();
});
afterEach(() => server.close());

const mlc = () => ({ url: server.url, name: "Model" });
const gguf = () => ({ url: `${server.url}a.gguf`, name: "File" });
const isWeights = ({ name, start, end }: Asked) => !name.endsWith(".json") && end - start > 4;

test("503s are asked again, and so is a wrong range, which is not taken for the right one", async () => {
  const faults = ["503", "other range", "cut", "503", "whole length"];
  server.fault = (asked, response, bytes) => {
    if (!isWeights(asked)) return false;
    switch (faults.shift()) {
      case "503":
        response.writeHead(503, { "retry-after": "0" }).end();
        return true;
      case "other range": {
        const other = { ...asked, start: asked.start + 1, hasRange: true };
        begin(other, response, bytes, server.headers);
        response.end(bytes.subarray(other.start, other.end));
        return true;
      }
      case "whole length":
        response.writeHead(206, { "content-range": `bytes 0-9/${bytes.length + 1}` });
        response.end(bytes.subarray(0, 10));
        return true;
      case "cut":
        cutAfter(100_000, asked, response, bytes, server.headers);
        return true;
      case undefined:
      default:
        return false;
    }
  };
  const { queue, untilIs } = await browser.open();
  await queue.start(gguf());
  await untilIs("done");
  const [piece] = browser.pieces.files.values();
  expect(faults).toEqual([]);
  expect(Buffer.from(piece ?? []).equals(GGUF)).toBe(true);
});

describe("what fails for good is said, and can be started again", () => {
  test.each([401, 403])("a repository that needs an account (%d)", async (status) => {
    server.fault = (_, response) => {
      response.writeHead(status).end();
      return true;
    };
    const { queue, untilIs } = await browser.open();
    await queue.start(mlc());
    const { failure } = await untilIs("failed");
    expect(failure).toMatchObject({ code: "model-needs-account", status });
    // It does not go on by itself, as nothing would be another, neither now nor at the next visit.
    await queue.resume();
    expect(queue.snapshot()[0]?.state).toBe("failed");
    const later = await browser.open();
    expect(later.queue.snapshot()[0]).toMatchObject({ state: "failed", failure });
    server.fault = () => false;
    await later.queue.start(mlc());
    await later.untilIs("done");
    expect((await browser.open()).queue.snapshot()[0]?.failure).toBeUndefined();
  });

  test.each([
    ["a shard", mlc, "params_shard_0.bin"],
    ["a GGUF file", gguf, "a.gguf"],
  ])("a Git LFS pointer in place of %s", async (_, request, name) => {
    const right = server.files.get(name);
    server.files.set(name, new TextEncoder().encode(POINTER));
    const { queue, untilIs } = await browser.open();
    await queue.start(request());
    expect((await untilIs("failed")).failure?.code).toMatch(/model-lfs-pointer/);
    server.files.set(name, right ?? new Uint8Array());
    await queue.start(request());
    await untilIs("done");
  });

  test("a shard that is not the index's", async () => {
    server.files.set("params_shard_1.bin", SHARDS[1]?.map((byte) => byte ^ 1) ?? GGUF);
    const { queue, untilIs } = await browser.open();
    await queue.start(mlc());
    expect((await untilIs("failed")).failure?.code).toBe("model-checksum");
    expect(browser.cache.names()).not.toContain("params_shard_1.bin");
    expect(browser.cache.names()).not.toContain("tensor-cache.json");
    server.files.set("params_shard_1.bin", SHARDS[1] ?? GGUF);
    await queue.start(mlc());
    await untilIs("done");
  });

  test("a server that is away: it goes on when the network is back", async () => {
    browser.fetch = () => Promise.reject(new TypeError("offline"));
    const { queue, untilIs } = await browser.open();
    await queue.start(gguf());
    expect((await untilIs("failed")).failure?.code).toBe("model-unreachable");
    browser.fetch = (...args) => fetch(...args);
    await queue.resume();
    await untilIs("done");
  });

  test("too little room, by what the browser says and by what it does", async () => {
    browser.freeBytes = 1_000_000;
    const { queue, untilIs } = await browser.open();
    await queue.start(gguf());
    const neededBytes = GGUF.length;
    expect((await untilIs("failed")).failure).toEqual({
      code: "download-no-room",
      neededBytes,
      freeBytes: 1_000_000,
    });
    expect(server.asked).toEqual([]);
    browser.freeBytes = undefined;
    browser.pieces.quotaBytes = 1_000_000;
    await queue.start(gguf());
    expect((await untilIs("failed")).failure?.code).toBe("download-no-room");
    browser.pieces.quotaBytes = Infinity;
    await queue.start(gguf());
    await untilIs("done");
  });

  test("what is no address", async () => {
    const { queue } = await browser.open();
    expect(await queue.start({ url: "nowhere", name: "?" })).toMatchObject({ ok: false });
    expect(queue.snapshot()).toEqual([]);
  });
});

describe("a file that changes while it is downloaded", () => {
  const OTHER = GGUF.map((byte) => byte ^ 255);

  test("is begun anew, and nothing of the former one stays in it", async () => {
    let cuts = 0;
    server.fault = (asked, response, bytes) => {
      if (!isWeights(asked) || cuts > 0) return false;
      cuts++;
      cutAfter(500_000, asked, response, bytes, server.headers);
      server.files.set("a.gguf", OTHER);
      server.headers = { etag: '"2"' };
      return true;
    };
    const { queue, untilIs } = await browser.open();
    await queue.start(gguf());
    await untilIs("done");
    const pieces = [...browser.pieces.files.values()];
    expect(pieces).toHaveLength(1);
    expect(Buffer.from(pieces[0] ?? []).equals(OTHER)).toBe(true);
  });

  test("between two visits, likewise", async () => {
    server.fault = (asked, response, bytes) => {
      if (!isWeights(asked)) return false;
      begin(asked, response, bytes, server.headers);
      response.write(bytes.subarray(0, 500_000));
      return true;
    };
    const first = await browser.open();
    await first.queue.start(gguf());
    await first.until(({ loadedBytes }) => loadedBytes === 500_000);
    await first.queue.pause(gguf().url);
    server.fault = () => false;
    server.files.set("a.gguf", OTHER);
    server.headers = { etag: '"2"' };
    const second = await browser.open();
    expect(second.all()).toMatchObject([{ state: "paused", loadedBytes: 500_000 }]);
    await second.queue.start(gguf());
    await second.untilIs("done");
    const [piece] = browser.pieces.files.values();
    expect(Buffer.from(piece ?? []).equals(OTHER)).toBe(true);
  });
});

test("what is cancelled is gone, and what is done is deleted", async () => {
  const { queue, until, untilIs } = await browser.open();
  server.fault = (asked, response, bytes) => {
    if (!isWeights(asked)) return false;
    begin(asked, response, bytes, server.headers);
    response.write(bytes.subarray(0, 100_000));
    return true;
  };
  await queue.start(gguf());
  await until(({ loadedBytes }) => loadedBytes >= 100_000);
  await queue.cancel(gguf().url);
  expect(browser.pieces.files.size).toBe(0);
  expect(queue.snapshot()).toEqual([]);
  server.fault = () => false;
  await queue.start(mlc());
  await untilIs("done");
  await queue.dropUnfinished();
  expect(queue.snapshot()).toHaveLength(1);
  await queue.cancel(server.url);
  expect(browser.cache.names()).toEqual([]);
  expect(await browser.records.all()).toEqual([]);
});

test.each([
  ["a model of MLC", mlc, "params_shard_1.bin"],
  ["a GGUF file", gguf, "a.gguf"],
])("of %s that is done, what was cleared since is fetched again", async (_, request, name) => {
  const { queue, untilIs } = await browser.open();
  await queue.start(request());
  await untilIs("done");
  await queue.start(request());
  expect(queue.snapshot()[0]?.state).toBe("done");
  browser.pieces.files.clear();
  await browser.cache.delete({ cache: "webllm/model", url: server.url + name });
  server.asked = [];
  await queue.start(request());
  await untilIs("done");
  expect(server.asked.map((one) => one.name).filter((one) => !one.endsWith(".json"))).toEqual([
    name,
  ]);
});

test("shards that an engine has fetched by itself are not fetched again", async () => {
  const [shard = GGUF] = SHARDS;
  await browser.cache.put({ cache: "webllm/model", url: `${server.url}params_shard_0.bin` }, [
    shard,
  ]);
  const { queue, untilIs } = await browser.open();
  await queue.start(mlc());
  await untilIs("done");
  expect(server.asked.map(({ name }) => name)).not.toContain("params_shard_0.bin");
});

test("pieces of no download are swept, and records that nobody would have written left out", async () => {
  await (await browser.pieces.open("of-nothing", "a")).append(new Uint8Array(9));
  const [good] = await prepareRecords();
  const { queue } = await browser.open();
  expect(queue.snapshot().map(({ url }) => url)).toEqual([good]);
  expect(browser.pieces.files.size).toBe(0);
});

async function prepareRecords(): Promise<string[]> {
  const record = {
    url: "https://models.test/m/",
    name: "Model",
    wish: "paused",
    revision: undefined,
    loadedBytes: 5,
    totalBytes: 10,
    format: "mlc",
    files: [],
    moved: [],
    texts: [],
  } as const;
  await browser.records.put(record);
  const spoilt = [
    { wish: "everything" },
    { loadedBytes: -1 },
    { totalBytes: 2 ** 60 },
    { files: [{ url: "javascript:1", bytes: 1 }] },
    { moved: Array.from({ length: 20_000 }, () => "ab") },
    { texts: [{ cache: "other", url: "https://models.test/a" }] },
  ];
  for (const [i, fields] of spoilt.entries())
    await browser.records.put({
      ...record,
      ...(fields as object),
      url: `https://models.test/${i}/`,
    });
  return [record.url];
}
