import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Download, DownloadApi } from "../../protocol/download-api.ts";
import { fail, ok, type EngineFailure } from "../../protocol/errors.ts";
import { stubLocalStorage } from "../models/testing-local-storage.ts";
import { FakeStore } from "../testing-store.ts";
import { Downloads } from "./downloads.ts";

const URL_OF_MODEL = "https://models.test/m/";

const download = (fields: Partial<Download> = {}): Download => ({
  url: URL_OF_MODEL,
  name: "Model",
  state: "running",
  loadedBytes: 1e6,
  totalBytes: 80e6,
  bytesPerSecond: 1e6,
  revision: undefined,
  failure: undefined,
  ...fields,
});

/** A page whose worker the test plays. */
function openPage({ savesData = false, isKept = true } = {}) {
  const calls: string[] = [];
  let tell: (downloads: readonly Download[]) => void = () => undefined;
  let die: (failure: EngineFailure) => void = () => undefined;
  const note =
    <T>(name: string, answer: T) =>
    (...args: unknown[]) => {
      calls.push([name, ...args.map((arg) => JSON.stringify(arg))].join(" "));
      return Promise.resolve(answer);
    };
  const api: DownloadApi = {
    subscribe: (onChange) => {
      tell = onChange;
      return Promise.resolve();
    },
    start: note("start", ok(undefined)),
    pause: note("pause", undefined),
    cancel: note("cancel", undefined),
    resume: note("resume", undefined),
    keepFree: note("keepFree", undefined),
    dropUnfinished: note("dropUnfinished", undefined),
  };
  const spawn = vi.fn(() => ({
    api,
    died: new Promise<EngineFailure>((resolve) => (die = resolve)),
    terminate: () => undefined,
  }));
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" as const });
  const wanted: boolean[] = [];
  const askToKeep = vi.fn(() => Promise.resolve(isKept));
  const store = new FakeStore();
  store.used = { ...store.used, limitBytes: 1e9, kvBytes: 4e8 };
  const downloads = new Downloads({
    store,
    spawn,
    askToKeep,
    wakeLock: { want: (isWanted) => wanted.push(isWanted) },
    surroundings: { window, document, savesData: () => savesData },
  });
  return {
    downloads,
    api,
    calls,
    spawn,
    askToKeep,
    wanted,
    window,
    document,
    tell: (...told: Download[]) => tell(told),
    die: () => die({ code: "worker-died", worker: "downloads", message: "" }),
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

let remembered: Map<string, string>;
beforeEach(() => (remembered = stubLocalStorage()));
afterEach(() => vi.unstubAllGlobals());

test("the worker starts when it is first needed, and leaves room for KV", async () => {
  const page = openPage();
  expect(page.spawn).not.toHaveBeenCalled();
  await page.downloads.start({ url: URL_OF_MODEL, name: "Model" });
  expect(page.calls).toEqual([
    "keepFree 600000000",
    `start {"url":"${URL_OF_MODEL}","name":"Model"}`,
  ]);
});

test("before a large download the browser is asked, once, to keep it; a refusal is shown", async () => {
  const page = openPage({ isKept: false });
  await page.downloads.start(download());
  page.tell(download({ totalBytes: 40e6 }));
  expect(page.askToKeep).not.toHaveBeenCalled();
  page.tell(download());
  page.tell(download({ loadedBytes: 2e6 }));
  await settled();
  expect(page.askToKeep).toHaveBeenCalledTimes(1);
  expect(page.downloads.getSnapshot()).toMatchObject([{ loadedBytes: 2e6, mayBeDeleted: true }]);
});

test("the screen stays on while bytes come, and no longer", async () => {
  const page = openPage();
  await page.downloads.start(download());
  page.tell(download({ state: "indexing" }));
  expect(page.wanted.at(-1)).toBe(false);
  page.tell(download());
  expect(page.wanted.at(-1)).toBe(true);
  page.tell(download({ state: "done" }));
  expect(page.wanted.at(-1)).toBe(false);
});

test.each<[Download["state"], boolean, boolean]>([
  ["running", false, true],
  ["failed", false, true],
  ["running", true, false],
  ["paused", false, false],
  ["done", false, false],
])("a download that was left %s (data is saved: %s) goes on by itself: %s", async (...row) => {
  const [state, savesData, goesOn] = row;
  const before = openPage();
  await before.downloads.start(download());
  before.tell(download({ state }));
  const page = openPage({ savesData });
  expect(page.downloads.getSnapshot()).toMatchObject([{ name: "Model", loadedBytes: 1e6 }]);
  await settled();
  expect(page.calls.includes("resume")).toBe(goesOn);
  expect(page.spawn).toHaveBeenCalledTimes(goesOn ? 1 : 0);
});

test("what the network has cut off goes on when it or the person is back", async () => {
  const page = openPage();
  await page.downloads.start(download());
  page.tell(download({ state: "failed", failure: { code: "model-unreachable", url: "" } }));
  page.window.dispatchEvent(new Event("online"));
  await settled();
  page.document.dispatchEvent(new Event("visibilitychange"));
  await settled();
  expect(page.calls.filter((call) => call === "resume")).toHaveLength(2);
  page.tell(download({ state: "paused" }));
  page.window.dispatchEvent(new Event("online"));
  await settled();
  expect(page.calls.filter((call) => call === "resume")).toHaveLength(2);
});

test("after the worker's death downloads have failed, and start in another one", async () => {
  const page = openPage();
  await page.downloads.start(download());
  page.tell(download(), download({ url: "https://models.test/n/", state: "done" }));
  page.die();
  await settled();
  expect(page.downloads.getSnapshot().map(({ state }) => state)).toEqual(["failed", "done"]);
  await page.downloads.start(download());
  expect(page.spawn).toHaveBeenCalledTimes(2);
});

test("a download that cannot even be begun has failed", async () => {
  remembered.set("rekindle.downloads", JSON.stringify([download({ state: "paused" })]));
  const page = openPage();
  const full = fail({ code: "quota-exceeded" });
  page.api.start = () => Promise.resolve(full);
  expect(await page.downloads.start(download())).toEqual(full);
  expect(page.downloads.getSnapshot()).toMatchObject([
    { state: "failed", failure: { code: "quota-exceeded" } },
  ]);
});

test("unfinished downloads are dropped where there are any", async () => {
  const page = openPage();
  expect(await page.downloads.dropUnfinished()).toBe(false);
  await page.downloads.start(download());
  page.tell(download());
  expect(await page.downloads.dropUnfinished()).toBe(true);
  expect(page.calls).toContain("dropUnfinished");
});

test("another tab's download is shown as soon as it is remembered", () => {
  const page = openPage();
  const text = JSON.stringify([download()]);
  remembered.set("rekindle.downloads", text);
  page.window.dispatchEvent(Object.assign(new Event("storage"), { key: "rekindle.downloads" }));
  expect(page.downloads.getSnapshot()).toMatchObject([{ state: "waiting" }]);
  expect(page.spawn).toHaveBeenCalledTimes(1);
});

test.each(["no JSON", "{}", '[{"url":"nowhere","name":"n","state":"paused"}]', '[{"url":1}]'])(
  "what nobody would have remembered is nothing: %s",
  (text) => {
    remembered.set("rekindle.downloads", text);
    expect(openPage().downloads.getSnapshot()).toEqual([]);
  },
);
