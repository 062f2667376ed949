import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { spawnDownloads } from "../../client/workers/spawn-downloads.ts";
import type { Download, DownloadApi, DownloadState } from "../../protocol/download-api.ts";
import { loadModel } from "./load-model.ts";

const PIP = new URL("/models/pip-4.7m/mlc-q0f16/", location.origin).href;
const PIP_BYTES = 9_348_480;
const TINY = new URL("/e2e/fixtures/tiny-llama.q4_0.gguf", location.origin).href;

/** The download worker of a page. */
interface Page {
  api: DownloadApi;
  told: () => readonly Download[];
  close: () => void;
}

const open: Page[] = [];

/** Opens another page of the same browser. */
async function openPage(): Promise<Page> {
  const worker = spawnDownloads();
  const { api } = worker;
  let last: readonly Download[] = [];
  await api.subscribe((downloads) => void (last = downloads));
  const page = { api, told: () => last, close: () => worker.terminate() };
  open.push(page);
  return page;
}

let page: Page;
beforeEach(async () => {
  page = await openPage();
});
afterEach(async () => {
  for (const url of [PIP, TINY]) await open.at(-1)?.api.cancel(url);
  for (const each of open.splice(0)) each.close();
});

/** Waits until the only download is in this state. */
const untilIs = (state: DownloadState, told = page.told) =>
  vi.waitFor(
    () => {
      expect(told()).toMatchObject([{ state }]);
    },
    { timeout: 20_000 },
  );

/** Loads a model without a network. */
const loadOffline = (url: string) =>
  loadModel(url, {
    signal: new AbortController().signal,
    fetch: () => Promise.reject(new TypeError("there is no network")),
    timing: { nowMs: () => 0, random: () => 0, sleep: () => Promise.resolve() },
    onTensor: () => undefined,
  });

async function filesInOpfs(): Promise<string[]> {
  const root = await navigator.storage.getDirectory();
  const all = await root.getDirectoryHandle("rekindle-downloads", { create: true });
  const names: string[] = [];
  for await (const [folder, handle] of all.entries())
    for await (const name of (handle as FileSystemDirectoryHandle).keys())
      names.push(`${folder}/${name}`);
  return names;
}

test("a model of MLC goes to Cache Storage, loads from there, and is deleted", async () => {
  expect(await page.api.start({ url: PIP, name: "Pip" })).toEqual({ ok: true });
  await untilIs("done");
  const [pip] = page.told();
  expect(pip).toMatchObject({ url: PIP, failure: undefined, revision: undefined });
  expect(pip?.loadedBytes).toBe(pip?.totalBytes);
  expect(pip?.loadedBytes).toBeGreaterThan(PIP_BYTES);
  expect(await filesInOpfs()).toEqual([]);
  const { networkBytes, weightBytes } = await loadOffline(PIP);
  expect([networkBytes, weightBytes]).toEqual([0, PIP_BYTES]);

  await page.api.cancel(PIP);
  await vi.waitFor(() => {
    expect(page.told()).toEqual([]);
  });
  const shard = `${PIP}params_shard_0.bin`;
  expect(await (await caches.open("webllm/model")).match(shard)).toBeUndefined();
});

test("a GGUF file stays in OPFS, is the same model as from the server, and is deleted", async () => {
  const { signal } = new AbortController();
  const read = await loadModel(TINY, { signal, onTensor: () => undefined });
  await page.api.start({ url: TINY, name: "Tiny" });
  await untilIs("done");
  expect(await filesInOpfs()).toHaveLength(1);
  const { manifestHash, networkBytes, weightBytes } = await loadOffline(TINY);
  expect([networkBytes, weightBytes]).toEqual([0, read.weightBytes]);
  expect(manifestHash).toBe(read.manifestHash);
  // The parts that the engine has fetched by itself are not needed beside the file.
  const keys = await (await caches.open("webllm/model")).keys();
  expect(keys.filter(({ url }) => url.startsWith(`${TINY}?bytes`))).toEqual([]);

  await page.api.cancel(TINY);
  expect(await filesInOpfs()).toEqual([]);
});

test("another page sees the downloads, and goes on with them when the first one is closed", async () => {
  const other = await openPage();
  await other.api.start({ url: TINY, name: "Tiny" });
  await untilIs("done");
  await untilIs("done", other.told);
  page.close();
  await other.api.cancel(TINY);
  expect(await filesInOpfs()).toEqual([]);
});
