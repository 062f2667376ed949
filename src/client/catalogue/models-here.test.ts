import { expect, test } from "vitest";
import type { Download } from "../../protocol/download-api.ts";
import { modelsHere } from "./models-here.ts";

const PIP = { url: "https://rekindle.example/models/pip/", name: "Pip" };
const SERVED = { url: "https://rekindle.example/models/local/s.gguf", name: "S", bytes: 94e6 };

const part = { name: "m.gguf", size: 5, lastModified: 7 };
const kept = (address: string, copy?: string) => ({
  address,
  parts: [{ ...part, ...(copy !== undefined && { copy }) }],
  keptAtMs: 1,
});

const download = (url: string, state: Download["state"]): Download => ({
  url,
  name: "Large\u202e",
  state,
  loadedBytes: 7e8,
  totalBytes: 7e8,
  bytesPerSecond: undefined,
  revision: undefined,
  failure: undefined,
});

test("the page's model is first, then the served one, files, copies, finished downloads and what is cached", () => {
  const here = modelsHere({
    standing: [PIP, SERVED],
    kept: [kept("local:a"), kept("local:b", "copy-1")],
    downloads: [download("https://huggingface.co/a/", "done")],
    cached: [
      { url: "https://huggingface.co/u/b-MLC/resolve/main/", bytes: 3, isWhole: true },
      { url: "https://huggingface.co/u/c/resolve/main/c.gguf", bytes: 3, isWhole: false },
    ],
  });
  expect(here).toEqual([
    { ...PIP, from: "page", bytes: undefined },
    { ...SERVED, from: "server" },
    { url: "local:a", name: "m.gguf", from: "file", bytes: undefined },
    { url: "local:b", name: "m.gguf", from: "copy", bytes: 5 },
    { url: "https://huggingface.co/a/", name: "Large", from: "download", bytes: 7e8 },
    { url: "https://huggingface.co/u/b-MLC/resolve/main/", name: "b", from: "cache", bytes: 3 },
  ]);
});

test("what is not here yet is not among them, and nothing is twice", () => {
  const downloads = (["waiting", "indexing", "running", "paused", "failed"] as const).map(
    (state, n) => download(`https://huggingface.co/${n}/`, state),
  );
  expect(modelsHere({ standing: [PIP], kept: [], downloads, cached: [] })).toHaveLength(1);
  const twice = [download(SERVED.url, "done")];
  const here = modelsHere({ standing: [PIP, SERVED], kept: [], downloads: twice, cached: [] });
  expect(here).toHaveLength(2);
});
