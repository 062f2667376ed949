import { expect, test } from "vitest";
import { cachedModels, deleteCachedModel } from "./cached-models.ts";

const MLC = "https://huggingface.co/u/m/resolve/main/";
const GGUF = "https://rekindle.example/models/m.gguf";
const SPLIT = "https://huggingface.co/u/s/resolve/main/s-0000";

const INDEX = JSON.stringify({ records: [{ dataPath: "a.bin" }, { dataPath: "b.bin" }] });
const parts = (bytes: number) => JSON.stringify({ bytes, validator: "v" });

/** A browser that keeps these files, by the names of their caches and by their addresses. */
function keeping(kept: Record<string, Record<string, string>>) {
  const files = new Map(
    Object.entries(kept).map(([name, texts]) => [name, new Map(Object.entries(texts))]),
  );
  const open = (name: string) => {
    const texts = files.get(name) ?? new Map<string, string>();
    const match = (url: string) => {
      const text = texts.get(url);
      const headers = { "content-length": String(text?.length) };
      return Promise.resolve(text === undefined ? undefined : new Response(text, { headers }));
    };
    const keys = () => Promise.resolve([...texts.keys()].map((url) => new Request(url)));
    const remove = (url: string) => Promise.resolve(texts.delete(url));
    return Promise.resolve({ match, keys, delete: remove } as unknown as Cache);
  };
  return { caches: { open }, left: () => [...files.values()].flatMap((one) => [...one.keys()]) };
}

test("a directory is whole with all shards of its index, and takes what its files take", async () => {
  const shards = { [`${MLC}a.bin`]: "12345", [`${MLC}b.bin`]: "678" };
  const whole = keeping({ "webllm/model": { [`${MLC}tensor-cache.json`]: INDEX, ...shards } });
  const bytes = INDEX.length + 8;
  expect(await cachedModels(whole.caches)).toEqual([{ url: MLC, bytes, isWhole: true }]);
  const cut = keeping({ "webllm/model": { [`${MLC}b.bin`]: "678" } });
  expect(await cachedModels(cut.caches)).toEqual([{ url: MLC, bytes: 3, isWhole: false }]);
});

test("a GGUF file is whole with all of its bytes, and one in parts with all of its files", async () => {
  const { caches } = keeping({
    "webllm/model": {
      [`${GGUF}?parts`]: parts(8),
      [`${GGUF}?bytes=0-4&of=v`]: "12345",
      [`${SPLIT}1-of-00002.gguf?parts`]: parts(2),
      [`${SPLIT}1-of-00002.gguf?bytes=0-1&of=v`]: "12",
      [`${SPLIT}2-of-00002.gguf?parts`]: parts(1),
      [`${SPLIT}2-of-00002.gguf?bytes=0-0&of=v`]: "3",
    },
  });
  expect(await cachedModels(caches)).toMatchObject([
    { url: GGUF, isWhole: false },
    { url: `${SPLIT}1-of-00002.gguf`, isWhole: true },
  ]);
});

test("all files of a model are deleted, and no others", async () => {
  const other = `${MLC}deeper/a.bin`;
  const { caches, left } = keeping({
    "webllm/config": { [`${MLC}mlc-chat-config.json`]: "{}" },
    "webllm/model": { [`${MLC}a.bin`]: "1", [`${MLC}tokenizer.json`]: "{}", [other]: "2" },
  });
  await deleteCachedModel(MLC, caches);
  expect(left()).toEqual([other]);
});

test("where the browser does not tell, there are none", async () => {
  const open = () => Promise.reject(new Error("blocked"));
  expect(await cachedModels({ open })).toEqual([]);
});
