import { afterEach, expect, test, vi } from "vitest";
import { fail, ok, type Result } from "../../protocol/errors.ts";
import type { ModelInfo, ModelReference } from "../../protocol/engine-api.ts";
import type { FoundModel } from "../local-files/local-models.ts";
import { DeviceSetting } from "./device-setting.ts";
import type { InterruptedLoad } from "./interrupted-loads.ts";
import { lastUsed, rememberLastUsed } from "./last-used.ts";
import { rememberAgreement } from "./model-agreements.ts";
import { ModelChoice } from "./model-choice.ts";
import { UNASKED_BYTES } from "./model-consent.ts";
import { model } from "../workers/testing-engine-worker.ts";

const PIP = "https://rekindle.example/models/pip/";
const SMALLER_PIP = "https://rekindle.example/models/smaller-pip/";
const ELSEWHERE = "https://huggingface.co/m/m/";

afterEach(() => vi.unstubAllGlobals());

/** A browser that remembers; `items` are what it kept from earlier visits. */
function stubStorage(items = new Map<string, string>()) {
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => items.set(key, value),
    removeItem: (key: string) => items.delete(key),
  });
}

const FILE = "local:m.gguf?size=5&modified=7";
const SERVED = { url: "https://rekindle.example/models/local/s.gguf", name: "S", bytes: 9 };

/** A person's file that is at hand and stays at hand. */
function localFiles() {
  const model = { url: FILE, name: "m.gguf", files: [new File(["GGUF?"], "m.gguf")] };
  return {
    find: vi.fn(() => Promise.resolve<FoundModel>({ is: "found", model })),
    allow: vi.fn(() => Promise.resolve(true)),
    loaded: vi.fn(() => Promise.resolve(true)),
    keepCopy: vi.fn(() => Promise.resolve<string | undefined>(FILE)),
    forget: vi.fn(() => Promise.resolve()),
    decline: vi.fn(),
  };
}

/** An engine that finds this many bytes to download. */
function choose(downloadBytes = 0, interruptedLoad?: InterruptedLoad) {
  const load = vi.fn(({ url, maxDownloadBytes = Infinity }: ModelReference) => {
    const isAgreed = downloadBytes <= maxDownloadBytes;
    const answer: Result<ModelInfo> = isAgreed
      ? ok(model)
      : fail({ code: "download-not-agreed", url, downloadBytes });
    return Promise.resolve(answer);
  });
  const loadAfresh = vi.fn(() => Promise.resolve(ok(model)));
  const engine = { load, loadIfFree: load, loadAfresh };
  const local = localFiles();
  const device = new DeviceSetting();
  const interrupted = { find: () => Promise.resolve(interruptedLoad), forget: vi.fn() };
  const downloadedName = (url: string) => (url === ELSEWHERE ? "Large" : undefined);
  const others = { local, device, interrupted, downloadedName };
  const choice = new ModelChoice({ engine, embedded: [PIP, SMALLER_PIP], ...others });
  return { load, loadAfresh, local, choice, interrupted };
}

test("a model of the page is loaded, and nothing is asked", async () => {
  const { load, choice } = choose(900e6);
  await choice.load();
  expect(choice.getSnapshot()).toBeUndefined();
  expect(choice.isEmbedded).toBe(true);
  expect(load.mock.calls).toEqual([[{ url: PIP }]]);
});

test("another one is asked about by host, and the engine hears nothing of it until then", async () => {
  stubStorage();
  const { load, choice } = choose();
  const told = vi.fn();
  choice.subscribe(told);
  await choice.load(ELSEWHERE);
  expect(choice.getSnapshot()).toEqual({ about: "host", url: ELSEWHERE });
  expect(told).toHaveBeenCalledOnce();
  expect(load).not.toHaveBeenCalled();

  await choice.agree();
  expect(choice.getSnapshot()).toBeUndefined();
  expect(choice.isEmbedded).toBe(false);
  expect(load.mock.calls).toEqual([[{ url: ELSEWHERE, maxDownloadBytes: UNASKED_BYTES }]]);
});

test("a large one is asked about again, and both answers hold for the next visit", async () => {
  stubStorage();
  const { load, choice } = choose(351e6);
  await choice.load(ELSEWHERE);
  await choice.agree();
  expect(choice.getSnapshot()).toEqual({ about: "size", url: ELSEWHERE, bytes: 351e6 });
  await choice.agree();
  expect(choice.getSnapshot()).toBeUndefined();
  expect(load).toHaveBeenLastCalledWith({ url: ELSEWHERE, maxDownloadBytes: 351e6 });

  const next = choose(351e6).choice;
  await next.load(ELSEWHERE);
  expect(next.getSnapshot()).toBeUndefined();
  const grown = choose(352e6).choice;
  await grown.load(ELSEWHERE);
  expect(grown.getSnapshot()).toMatchObject({ about: "size", bytes: 352e6 });
});

test("a no loads the page's own model; it is asked again at the next visit", async () => {
  stubStorage();
  const { load, choice } = choose();
  await choice.load(ELSEWHERE);
  await choice.useEmbedded();
  expect(choice.getSnapshot()).toBeUndefined();
  await choice.agree();
  // Trying again loads the model that was chosen.
  await choice.load();
  expect(load.mock.calls).toEqual([[{ url: PIP }], [{ url: PIP }]]);

  const next = choose().choice;
  await next.load(ELSEWHERE);
  expect(next.getSnapshot()).toEqual({ about: "host", url: ELSEWHERE });
});

test("a refusal that comes after another model was chosen asks nothing", async () => {
  stubStorage();
  const { load, choice } = choose(351e6);
  await choice.load(ELSEWHERE);
  const refused = choice.agree();
  const chosen = choice.useEmbedded();
  load.mockResolvedValue(ok(model));
  await Promise.all([refused, chosen]);
  expect(choice.getSnapshot()).toBeUndefined();
});

test("where the browser keeps nothing, an answer holds for the visit", async () => {
  vi.stubGlobal("localStorage", undefined);
  const { load, choice } = choose(351e6);
  await choice.load(ELSEWHERE);
  await choice.agree();
  await choice.agree();
  await choice.load();
  expect(choice.getSnapshot()).toBeUndefined();
  expect(load).toHaveBeenLastCalledWith({ url: ELSEWHERE, maxDownloadBytes: 351e6 });
});

test("what is loaded at the start is asked about as well; in a tab that waits for the GPU nothing is", async () => {
  stubStorage();
  const { choice } = choose(351e6);
  await choice.loadIfFree(ELSEWHERE);
  expect(choice.getSnapshot()).toEqual({ about: "host", url: ELSEWHERE });
  await choice.agree();
  await choice.loadIfFree(ELSEWHERE);
  expect(choice.getSnapshot()).toEqual({ about: "size", url: ELSEWHERE, bytes: 351e6 });

  const [load, loadIfFree] = [vi.fn(), vi.fn().mockResolvedValue(undefined)];
  const engine = { load, loadIfFree, loadAfresh: load };
  const device = new DeviceSetting();
  const waiting = new ModelChoice({ engine, embedded: [PIP], local: localFiles(), device });
  await waiting.loadIfFree(ELSEWHERE);
  expect(loadIfFree).toHaveBeenCalledOnce();
  expect(waiting.getSnapshot()).toBeUndefined();
});

test("from a host that the page's policy refuses nothing can be had, and only that is said", async () => {
  stubStorage();
  const url = "https://hub.example/m/";
  const { load, choice } = choose();
  await choice.load(url);
  expect(choice.getSnapshot()).toEqual({ about: "blocked-host", url });
  await choice.agree();
  expect(load).not.toHaveBeenCalled();
  await choice.useEmbedded();
  expect(choice.getSnapshot()).toBeUndefined();
  expect(load.mock.calls).toEqual([[{ url: PIP }]]);
});

test("the model that the server offers needs no question, and Pip is offered beside it", async () => {
  stubStorage();
  const { load, choice } = choose(900e6);
  expect(choice.chosen.getSnapshot()).toEqual({ wanted: undefined, offered: undefined });
  choice.serve(SERVED);
  await choice.load();
  expect(choice.chosen.getSnapshot()).toEqual({ wanted: PIP, offered: SERVED });
  expect(lastUsed()).toBeUndefined();
  await choice.pick(SERVED.url);
  expect(choice.getSnapshot()).toBeUndefined();
  expect(load).toHaveBeenLastCalledWith({ url: SERVED.url });
  expect(choice.chosen.getSnapshot()).toMatchObject({ offered: { url: PIP, name: "Pip" } });
  expect(lastUsed()).toEqual({ url: SERVED.url, wasServed: true });
});

test("local files go to the engine, and the next visit begins with them only if they are there then", async () => {
  stubStorage();
  const { load, local, choice } = choose();
  local.loaded.mockResolvedValue(false);
  await choice.pick(FILE);
  expect(load).toHaveBeenLastCalledWith({ url: FILE, files: [expect.any(File)] });
  expect(choice.nameOf(FILE)).toBe("m.gguf");
  expect(lastUsed()).toBeUndefined();
  local.keepCopy.mockResolvedValueOnce(undefined);
  await choice.keepCopy();
  expect(lastUsed()).toBeUndefined();
  await choice.keepCopy();
  expect(lastUsed()).toEqual({ url: FILE, wasServed: false });
  await choice.forget(FILE);
  expect(lastUsed()).toBeUndefined();
});

test("a file is asked about where it may not be read yet, and loaded once it may", async () => {
  stubStorage();
  const { load, local, choice } = choose();
  local.find.mockResolvedValueOnce({ is: "asks-permission" });
  await choice.loadIfFree(FILE);
  expect(choice.getSnapshot()).toEqual({ about: "file-permission", url: FILE });
  local.allow.mockResolvedValueOnce(false);
  await choice.agree();
  expect(choice.getSnapshot()).toEqual({ about: "file-denied", url: FILE });
  expect(load).not.toHaveBeenCalled();
  local.find.mockResolvedValueOnce({ is: "asks-permission" });
  await choice.load();
  await choice.agree();
  expect(choice.getSnapshot()).toBeUndefined();
  expect(load).toHaveBeenCalledOnce();
});

test.each([
  ["changed", "file-changed"],
  ["gone", "file-gone"],
  ["asks-folder", "folder-again"],
] as const)("a file that is %s is not loaded, and Pip is used from then on", async (is, about) => {
  stubStorage();
  const { load, local, choice } = choose();
  local.find.mockResolvedValueOnce({ is });
  await choice.load(FILE);
  expect(choice.getSnapshot()).toEqual({ about, url: FILE });
  await choice.useEmbedded();
  expect(load.mock.calls).toEqual([[{ url: PIP }]]);
  expect(lastUsed()).toEqual({ url: PIP, wasServed: false });
});

test("the model that ran before one that fails is there to go back to, and stays the last used", async () => {
  stubStorage();
  const { load, choice } = choose();
  choice.serve(SERVED);
  await choice.pick(SERVED.url);
  expect(choice.before).toBeUndefined();
  load.mockResolvedValueOnce(fail({ code: "model-not-loaded" }));
  await choice.pick(FILE);
  expect(choice.before).toEqual({ url: SERVED.url, name: "S" });
  expect(lastUsed()).toEqual({ url: SERVED.url, wasServed: true });
});

test("a link is remembered for visits without one once it was agreed to, and Pip in its place is not", async () => {
  stubStorage();
  const { choice } = choose();
  await choice.load(ELSEWHERE);
  await choice.useEmbedded();
  expect(lastUsed()).toBeUndefined();
  await choice.load(ELSEWHERE);
  await choice.agree();
  expect(lastUsed()).toEqual({ url: ELSEWHERE, wasServed: false });
});

test("another device has the model loaded afresh, and all later ones run there, in later visits too", async () => {
  stubStorage();
  const { load, loadAfresh, choice } = choose();
  await choice.runOn("processor");
  expect(loadAfresh).not.toHaveBeenCalled();
  await choice.load();
  expect(load).toHaveBeenLastCalledWith({ url: PIP, device: "processor" });
  await choice.runOn("gpu");
  expect(loadAfresh.mock.calls).toEqual([[{ url: PIP, device: "gpu" }]]);
  const next = choose();
  await next.choice.load();
  expect(next.load).toHaveBeenLastCalledWith({ url: PIP, device: "gpu" });
  await next.choice.runOn("auto");
  expect(next.loadAfresh).toHaveBeenLastCalledWith({ url: PIP });
});

test("another device does not answer the question about a model", async () => {
  stubStorage();
  const { loadAfresh, choice } = choose();
  await choice.load(ELSEWHERE);
  await choice.runOn("processor");
  expect(loadAfresh).not.toHaveBeenCalled();
  expect(choice.getSnapshot()).toEqual({ about: "host", url: ELSEWHERE });
});

test("what the last tab did not survive is asked about before it is loaded again", async () => {
  stubStorage();
  rememberLastUsed({ url: ELSEWHERE, wasServed: false });
  rememberAgreement(ELSEWHERE, 0);
  const found = { url: ELSEWHERE, times: 1 };
  const { load, interrupted, choice } = choose(0, found);
  await choice.loadIfFree(ELSEWHERE);
  expect(choice.getSnapshot()).toEqual({ about: "interrupted-load", url: ELSEWHERE });
  expect(load).not.toHaveBeenCalled();
  await choice.agree();
  expect(load).toHaveBeenCalledOnce();
  expect(interrupted.forget).not.toHaveBeenCalled();

  const next = choose(0, found);
  await next.choice.loadIfFree(ELSEWHERE);
  await next.choice.useEmbedded();
  expect(next.load.mock.calls).toEqual([[{ url: PIP }]]);
  expect(next.interrupted.forget).toHaveBeenCalled();
  // The next visit begins with Pip, although the other model is the person's own choice.
  expect(lastUsed()).toEqual({ url: PIP, wasServed: false });
});

test("another model than the one that was interrupted is loaded at once", async () => {
  stubStorage();
  const { load, choice } = choose(0, { url: ELSEWHERE, times: 1 });
  await choice.loadIfFree(PIP);
  expect(choice.getSnapshot()).toBeUndefined();
  expect(load).toHaveBeenCalledOnce();
});

test("a download that was agreed to is loaded without a question, by the name it was downloaded as", async () => {
  stubStorage();
  const { load, choice } = choose();
  choice.agreeToDownload(ELSEWHERE, 5);
  await choice.pick(ELSEWHERE);
  expect(load).toHaveBeenCalledOnce();
  expect(choice.nameOf(ELSEWHERE)).toBe("Large");
  expect(lastUsed()).toEqual({ url: ELSEWHERE, wasServed: false });
});

test("what is always there is the page's own model, in the format in use, and the served one", async () => {
  stubStorage();
  const { choice } = choose();
  expect(choice.standing).toEqual([{ url: PIP, name: "Pip" }]);
  choice.serve(SERVED);
  await choice.pick(SERVED.url);
  expect(choice.standing).toEqual([{ url: PIP, name: "Pip" }, SERVED]);
  await choice.load(SMALLER_PIP);
  expect(choice.standing).toEqual([{ url: SMALLER_PIP, name: "Pip" }, SERVED]);
});
