import { afterEach, expect, test, vi } from "vitest";
import { fail, ok, type Result } from "../../protocol/errors.ts";
import type { ModelInfo, ModelReference } from "../../protocol/engine-api.ts";
import { ModelChoice } from "./model-choice.ts";
import { UNASKED_BYTES } from "./model-consent.ts";
import { model } from "../workers/testing-engine-worker.ts";

const PIP = "https://rekindle.example/models/pip/";
const ELSEWHERE = "https://huggingface.co/m/m/";

afterEach(() => vi.unstubAllGlobals());

/** A browser that remembers; `items` are what it kept from earlier visits. */
function stubStorage(items = new Map<string, string>()) {
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => items.set(key, value),
  });
}

/** An engine that finds this many bytes to download. */
function choose(downloadBytes = 0) {
  const load = vi.fn(({ url, maxDownloadBytes = Infinity }: ModelReference) => {
    const isAgreed = downloadBytes <= maxDownloadBytes;
    const answer: Result<ModelInfo> = isAgreed
      ? ok(model)
      : fail({ code: "download-not-agreed", url, downloadBytes });
    return Promise.resolve(answer);
  });
  const engine = { load, loadIfFree: load };
  return { load, choice: new ModelChoice({ engine, embedded: [PIP] }) };
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
  const waiting = new ModelChoice({ engine: { load, loadIfFree }, embedded: [PIP] });
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
