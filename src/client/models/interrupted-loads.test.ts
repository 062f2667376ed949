import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { EngineStatus } from "../../protocol/engine-api.ts";
import { ObservableValue } from "../observable-value.ts";
import { model } from "../workers/testing-engine-worker.ts";
import { InterruptedLoads } from "./interrupted-loads.ts";
import { blockLocalStorage, stubLocalStorage } from "./testing-local-storage.ts";

const PIP = "https://rekindle.example/models/pip/";
const LARGE = "https://huggingface.co/m/large/";
const OTHER = "https://huggingface.co/m/other/";

let items: Map<string, string>;
beforeEach(() => {
  items = stubLocalStorage();
});
afterEach(() => vi.unstubAllGlobals());

/** The names of the locks that living tabs hold. */
const lockNames = new Set<string>();

class Sight extends EventTarget {
  visibilityState: DocumentVisibilityState = "visible";
}

/** A tab. `die` is what happens to its locks when its process ends. */
function openTab({ hasLocks = true } = {}) {
  const status = new ObservableValue<EngineStatus>({ phase: "idle" });
  const document = new Sight();
  const window = new EventTarget();
  const own: string[] = [];
  let wanted: string | undefined;
  const locks = {
    request: (name: string) => {
      lockNames.add(name);
      own.push(name);
      return new Promise<never>(() => undefined);
    },
    query: () => Promise.resolve({ held: [...lockNames].map((name) => ({ name })), pending: [] }),
  } as unknown as LockManager;
  const loads = new InterruptedLoads({
    engine: status,
    page: { document, window },
    locks: hasLocks ? locks : undefined,
    wanted: () => wanted,
    embedded: [PIP],
  });
  const load = (url: string) => {
    wanted = url;
    // The engine may spell an address in its own way.
    status.set({ phase: "loading", url: `${url}resolve/main/`, loadedBytes: 0, totalBytes: 9 });
  };
  return {
    loads,
    become: (next: EngineStatus) => status.set(next),
    load,
    see: (visibilityState: DocumentVisibilityState) => {
      document.visibilityState = visibilityState;
      document.dispatchEvent(new Event("visibilitychange"));
    },
    leave: () => window.dispatchEvent(new Event("pagehide")),
    die: () => own.forEach((name) => lockNames.delete(name)),
  };
}

test("IL1: a tab that ends while it loads a model leaves a mark, and one that is done does not", async () => {
  const tab = openTab();
  tab.load(LARGE);
  tab.die();
  expect(await openTab().loads.find()).toEqual({ url: LARGE, times: 1 });

  const next = openTab();
  next.load(LARGE);
  next.become({ phase: "ready", model });
  next.die();
  expect(await openTab().loads.find()).toBeUndefined();
});

test("IL1: a failure and a farewell are no interruption", async () => {
  const tab = openTab();
  tab.load(LARGE);
  tab.become({ phase: "failed", failure: { code: "out-of-memory", neededBytes: 1 } });
  expect(await openTab().loads.find()).toBeUndefined();
  tab.load(LARGE);
  tab.leave();
  tab.die();
  expect(await openTab().loads.find()).toBeUndefined();
});

test("IL1: the models of the page are exempt", async () => {
  const tab = openTab();
  tab.load(PIP);
  tab.die();
  expect(await openTab().loads.find()).toBeUndefined();
});

test("IL2: out of sight there is no mark, and back in sight there is one again", async () => {
  const tab = openTab();
  tab.load(LARGE);
  tab.see("hidden");
  expect(items.size).toBe(0);
  tab.see("visible");
  tab.die();
  expect(await openTab().loads.find()).toEqual({ url: LARGE, times: 1 });
});

test("IL3: the mark of a tab that is still loading is none", async () => {
  const tab = openTab();
  tab.load(LARGE);
  const other = openTab();
  expect(await other.loads.find()).toBeUndefined();
  // What the other tab does leaves the mark alone.
  other.become({ phase: "ready", model });
  tab.die();
  expect(await openTab().loads.find()).toEqual({ url: LARGE, times: 1 });
});

test("IL4: a question that was not answered is asked again, and times are counted", async () => {
  const tab = openTab();
  tab.load(LARGE);
  tab.die();
  expect(await openTab().loads.find()).toMatchObject({ times: 1 });
  const second = openTab();
  expect(await second.loads.find()).toMatchObject({ times: 1 });
  second.load(LARGE);
  second.die();
  const third = openTab();
  expect(await third.loads.find()).toEqual({ url: LARGE, times: 2 });
  third.load(OTHER);
  third.die();
  const fourth = openTab();
  expect(await fourth.loads.find()).toEqual({ url: OTHER, times: 1 });
  fourth.loads.forget();
  expect(await openTab().loads.find()).toBeUndefined();
});

test("what this page did not write is nothing; without storage or locks nothing is asked in vain", async () => {
  for (const text of ["no JSON", "{}", '{"url":1,"times":1,"tab":"t"}']) {
    items.set("rekindle.loading", text);
    expect(await openTab().loads.find()).toBeUndefined();
  }
  const tab = openTab({ hasLocks: false });
  tab.load(LARGE);
  expect(await openTab({ hasLocks: false }).loads.find()).toMatchObject({ url: LARGE });
  blockLocalStorage();
  openTab().load(LARGE);
  expect(await openTab().loads.find()).toBeUndefined();
});
