import "fake-indexeddb/auto";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fillingOf, mlcFiles, TestBrowser } from "./download-queue-testing.ts";
import { begin, serveFaulty, type FaultyServer } from "./faulty-server-testing.ts";

const SHARDS = [fillingOf(900_000, 1), fillingOf(700_000, 2)];
const GGUF = fillingOf(1_500_000, 9);

let server: FaultyServer;
let browser: TestBrowser;

beforeEach(async () => {
  server = await serveFaulty(new Map([...mlcFiles(...SHARDS), ["a.gguf", GGUF]]));
  browser = new TestBrowser();
});
afterEach(() => server.close());

const REPOSITORY = "https://huggingface.co/owner/model";
const FIRST = "1".repeat(40);
const SECOND = "2".repeat(40);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
let commit: string;
let asked: string[];

/** Answers as the hub does: its API tells of the newest commit, and each commit keeps its files. */
beforeEach(() => {
  commit = FIRST;
  asked = [];
  for (const [name, bytes] of [...server.files]) server.files.set(`${FIRST}/${name}`, bytes);
  browser.fetch = (url, init) => {
    asked.push(url);
    if (!url.includes("/api/"))
      return fetch(url.replace(`${REPOSITORY}/resolve/`, server.url), init);
    const own = [...server.files].filter(([name]) => name.startsWith(commit));
    const siblings = own.map(([name, bytes]) => ({
      rfilename: name.slice(commit.length + 1),
      size: bytes.length,
      ...(!name.endsWith(".json") && { lfs: { sha256: sha256(bytes), size: bytes.length } }),
    }));
    return Promise.resolve(Response.json({ sha: commit, siblings }));
  };
});

test("everything is of the commit that the API names, and kept under the name that was asked for", async () => {
  const { queue, untilIs } = await browser.open();
  await queue.start({ url: REPOSITORY, name: "Model" });
  expect(await untilIs("done")).toMatchObject({ revision: FIRST });
  expect(asked[0]).toBe("https://huggingface.co/api/models/owner/model/revision/main?blobs=true");
  expect(asked.slice(1).every((url) => url.includes(`/resolve/${FIRST}/`))).toBe(true);
  expect([...browser.cache.files.keys()]).toContain(
    `webllm/model ${REPOSITORY}/resolve/main/params_shard_0.bin`,
  );
  expect((await browser.records.all())[0]).toMatchObject({ revision: FIRST, wish: "done" });
});

test("of another commit, only files that are the same stay", async () => {
  const newer = [SHARDS[0] ?? GGUF, fillingOf(700_000, 77)];
  for (const [name, bytes] of mlcFiles(...newer)) server.files.set(`${SECOND}/${name}`, bytes);
  server.fault = (one, response, bytes) => {
    if (!one.name.endsWith("shard_1.bin") || !one.name.startsWith(FIRST)) return false;
    begin(one, response, bytes, server.headers);
    response.write(bytes.subarray(0, 300_000));
    return true;
  };
  const { queue, until, untilIs } = await browser.open();
  await queue.start({ url: REPOSITORY, name: "Model" });
  await until(({ loadedBytes }) => loadedBytes >= 1_200_000);
  await queue.pause(`${REPOSITORY}/resolve/main/`);
  commit = SECOND;
  asked = [];
  await queue.start({ url: REPOSITORY, name: "Model" });
  expect(await untilIs("done")).toMatchObject({ revision: SECOND });
  expect(asked.filter((url) => url.includes("shard_0"))).toEqual([]);
  const key = `webllm/model ${REPOSITORY}/resolve/main/params_shard_1.bin`;
  expect(Buffer.from(browser.cache.files.get(key) ?? []).equals(newer[1] ?? GGUF)).toBe(true);
});

test("a GGUF file that is not the one of its SHA-256 is refused, and fetched anew", async () => {
  const url = `${REPOSITORY}/resolve/main/a.gguf`;
  let isWrong = true;
  server.fault = (one, response, bytes) => {
    if (one.end - one.start < 1000 || !isWrong) return false;
    begin(one, response, bytes, server.headers);
    response.end(bytes.subarray(one.start, one.end).map((byte) => byte ^ 1));
    return true;
  };
  const { queue, untilIs } = await browser.open();
  await queue.start({ url, name: "File" });
  expect((await untilIs("failed")).failure?.code).toBe("model-checksum");
  expect(browser.pieces.files.size).toBe(0);
  isWrong = false;
  await queue.start({ url, name: "File" });
  await untilIs("done");
});
