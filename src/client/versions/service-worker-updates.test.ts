import { afterEach, expect, test, vi } from "vitest";
import {
  type AppRegistration,
  type AppWorker,
  type AppWorkers,
  wakeNewestBuild,
  watchForNewerBuild,
} from "./service-worker-updates.ts";

afterEach(() => void vi.useRealTimers());

/** A service worker whose state the test sets. */
class FakeWorker extends EventTarget implements AppWorker {
  state: ServiceWorkerState = "installing";
  readonly messages: unknown[] = [];

  become(state: ServiceWorkerState): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }

  postMessage(message: unknown): void {
    this.messages.push(message);
  }
}

/** A browser's registration, and the page's view of who controls it. */
class FakeBrowser extends EventTarget implements AppRegistration, AppWorkers {
  installing: FakeWorker | null = null;
  waiting: FakeWorker | null = null;
  controller: FakeWorker | null = null;
  onUpdate: () => Promise<void> = () => Promise.resolve();

  update = (): Promise<void> => this.onUpdate();

  getRegistration = (): Promise<FakeBrowser> => Promise.resolve(this);

  /** The worker of a newer build is being fetched. */
  fetch(): FakeWorker {
    const worker = new FakeWorker();
    this.installing = worker;
    this.dispatchEvent(new Event("updatefound"));
    return worker;
  }

  /** The worker is installed, and waits. */
  install(worker: FakeWorker): void {
    this.installing = null;
    this.waiting = worker;
    worker.become("installed");
  }

  activate(worker: FakeWorker): void {
    this.waiting = null;
    worker.become("activating");
    this.controller = worker;
    this.dispatchEvent(new Event("controllerchange"));
    worker.become("activated");
  }
}

/** A page that was answered by a worker, or by the server. */
function openPage(isControlled = true) {
  const browser = new FakeBrowser();
  if (isControlled) browser.controller = new FakeWorker();
  const onFound = vi.fn();
  watchForNewerBuild(browser, onFound, browser);
  return { browser, onFound };
}

const WAKE_UP = { type: "SKIP_WAITING" };

test("the first worker there is brings no newer build; a later one does, once it is whole", () => {
  const { browser, onFound } = openPage(false);
  const first = browser.fetch();
  browser.install(first);
  browser.activate(first);
  expect(onFound).not.toHaveBeenCalled();
  const next = browser.fetch();
  expect(onFound).not.toHaveBeenCalled();
  browser.install(next);
  expect(onFound).toHaveBeenCalledOnce();
});

test("a build that waits already, since an earlier page, is told of", () => {
  const browser = new FakeBrowser();
  browser.controller = new FakeWorker();
  browser.waiting = new FakeWorker();
  const onFound = vi.fn();
  watchForNewerBuild(browser, onFound, browser);
  expect(onFound).toHaveBeenCalledOnce();
});

test("a build that could not be fetched whole is not told of", () => {
  const { browser, onFound } = openPage();
  const broken = browser.fetch();
  browser.installing = null;
  broken.become("redundant");
  expect(onFound).not.toHaveBeenCalled();
});

test("a build that another tab has agreed to is told of", () => {
  const { browser, onFound } = openPage();
  browser.activate(new FakeWorker());
  expect(onFound).toHaveBeenCalledOnce();
});

test("the worker that waits is woken before the page is loaded again", async () => {
  const { browser } = openPage();
  const next = browser.fetch();
  browser.install(next);
  let isAwake = false;
  const woken = wakeNewestBuild(browser).then(() => (isAwake = true));
  await vi.waitFor(() => expect(next.messages).toEqual([WAKE_UP]));
  expect(isAwake).toBe(false);
  browser.activate(next);
  await woken;
});

test("a newer build that only now is found is fetched first", async () => {
  const { browser } = openPage();
  const found = new Promise<FakeWorker>((resolve) => {
    browser.onUpdate = () => (resolve(browser.fetch()), Promise.resolve());
  });
  const woken = wakeNewestBuild(browser);
  const next = await found;
  expect(next.messages).toEqual([]);
  browser.install(next);
  await vi.waitFor(() => expect(next.messages).toEqual([WAKE_UP]));
  browser.activate(next);
  await woken;
});

test("without a network what waits is woken, and where nothing waits nothing is waited for", async () => {
  const { browser } = openPage();
  browser.onUpdate = () => Promise.reject(new TypeError("Failed to fetch"));
  await wakeNewestBuild(browser);
  const next = browser.fetch();
  browser.install(next);
  const woken = wakeNewestBuild(browser);
  await vi.waitFor(() => expect(next.messages).toEqual([WAKE_UP]));
  browser.activate(next);
  await woken;
  const unregistered = new FakeBrowser();
  await wakeNewestBuild(Object.assign(unregistered, { getRegistration: () => Promise.resolve() }));
});

test("a server or a worker that says nothing is waited for 10 s", async () => {
  vi.useFakeTimers();
  const { browser } = openPage();
  let isAwake = false;
  browser.onUpdate = () => new Promise(() => undefined);
  const woken = wakeNewestBuild(browser).then(() => (isAwake = true));
  await vi.advanceTimersByTimeAsync(9_999);
  expect(isAwake).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await woken;
});
