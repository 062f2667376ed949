import { expect, test, vi } from "vitest";
import { isModelHere } from "./model-presence.ts";

const PIP = "https://rekindle.example/models/pip/";
const MLC = "https://huggingface.co/m/m/resolve/main/";
const GGUF = "https://huggingface.co/m/m/resolve/main/m.gguf";

const INDEX = `${MLC}tensor-cache.json`;
const SHARDS = ["params_shard_0.bin", "params_shard_1.bin"];

/** A browser that keeps these files. Each index names both shards. */
function keeping(...urls: string[]) {
  const index = JSON.stringify({ records: SHARDS.map((dataPath) => ({ dataPath })) });
  const match = (url: string) => {
    const isKept = urls.some((kept) => kept.split("?")[0] === url);
    return Promise.resolve(isKept ? new Response(url.endsWith(".json") ? index : "") : undefined);
  };
  const keys = () => Promise.resolve(urls.map((url) => new Request(url)));
  const open = vi.fn(() => Promise.resolve({ match, keys } as unknown as Cache));
  return { embedded: [PIP], downloads: [], caches: { open } };
}

test("what is part of the page or a file of the person's is here", async () => {
  const nothing = keeping();
  expect(await isModelHere(PIP, nothing)).toBe(true);
  expect(await isModelHere("local:m.gguf?size=5&modified=7", nothing)).toBe(true);
  expect(nothing.caches.open).not.toHaveBeenCalled();
});

test("what was downloaded is here until the browser or the person deletes it", async () => {
  const [first = "", second = ""] = SHARDS.map((name) => MLC + name);
  expect(await isModelHere(MLC, keeping(INDEX, first, second))).toBe(true);
  expect(await isModelHere(MLC, keeping(INDEX, first))).toBe(false);
  expect(await isModelHere(MLC, keeping(first, second))).toBe(false);
  expect(await isModelHere(GGUF, keeping(`${GGUF}?bytes=0-7&of=x`))).toBe(true);
  expect(await isModelHere(MLC, keeping())).toBe(false);
  expect(await isModelHere(GGUF, keeping(`${MLC}params_shard_0.bin`))).toBe(false);
});

test("what the download worker has finished is here, wherever it keeps it", async () => {
  const downloaded = (state: "done" | "paused") =>
    isModelHere(GGUF, { ...keeping(), downloads: [{ url: GGUF, state }] });
  expect(await downloaded("done")).toBe(true);
  expect(await downloaded("paused")).toBe(false);
});

test("where the browser does not tell, nothing is said to be gone", async () => {
  const open = () => Promise.reject(new Error("blocked"));
  expect(await isModelHere(MLC, { embedded: [PIP], downloads: [], caches: { open } })).toBe(true);
});
