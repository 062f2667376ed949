import { expect, test, vi } from "vitest";
import { isModelHere } from "./model-presence.ts";

const PIP = "https://rekindle.example/models/pip/";
const MLC = "https://huggingface.co/m/m/resolve/main/";
const GGUF = "https://huggingface.co/m/m/resolve/main/m.gguf";

/** A browser that keeps these files. */
function keeping(...urls: string[]) {
  const match = (url: string) =>
    Promise.resolve(urls.some((kept) => kept.split("?")[0] === url) ? new Response() : undefined);
  const open = vi.fn(() => Promise.resolve({ match } as unknown as Cache));
  return { embedded: [PIP], downloads: [], caches: { open } };
}

test("what is part of the page or a file of the person's is here", async () => {
  const nothing = keeping();
  expect(await isModelHere(PIP, nothing)).toBe(true);
  expect(await isModelHere("local:m.gguf?size=5&modified=7", nothing)).toBe(true);
  expect(nothing.caches.open).not.toHaveBeenCalled();
});

test("what was downloaded is here until the browser or the person deletes it", async () => {
  expect(await isModelHere(MLC, keeping(`${MLC}params_shard_0.bin`))).toBe(true);
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
