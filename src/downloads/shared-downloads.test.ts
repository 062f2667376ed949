import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Download } from "../protocol/download-api.ts";
import { fillingOf, TestBrowser } from "./download-queue-testing.ts";
import { begin, serveFaulty, type FaultyServer } from "./faulty-server-testing.ts";
import { SharedDownloads, type Channel } from "./shared-downloads.ts";

const GGUF = fillingOf(800_000, 9);

/** Web Locks and broadcast channels of tabs that a test opens and closes. */
class Tabs {
  readonly #channels = new Set<{ hear: (data: unknown) => void }>();
  readonly #waiting: (() => void)[] = [];
  #isHeld = false;

  /** @returns what ends the tab */
  open(browser: TestBrowser) {
    let isOpen = true;
    const own: { hear: (data: unknown) => void } = { hear: () => undefined };
    this.#channels.add(own);
    const channel: Channel = {
      postMessage: (message) => {
        if (!isOpen) return;
        const data: unknown = structuredClone(message);
        for (const other of this.#channels) if (other !== own) setTimeout(() => other.hear(data));
      },
      addEventListener: (_, listener) => {
        own.hear = (data) => {
          if (isOpen) listener({ data });
        };
      },
    };
    let opened: Awaited<ReturnType<TestBrowser["open"]>> | undefined;
    const shared = new SharedDownloads({
      locks: { request: ((_: string, lead: () => Promise<never>) => this.#request(lead)) as never },
      channel,
      keepFree: () => undefined,
      openQueue: async (onChange) => (opened = await browser.open(onChange)).queue,
    });
    const told: (readonly Download[])[] = [];
    void shared.subscribe((downloads) => told.push(downloads));
    const until = async (is: (download: Download) => boolean) => {
      while (!told.at(-1)?.some(is)) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const close = async () => {
      isOpen = false;
      this.#channels.delete(own);
      // Nobody pauses anything when a tab is closed: that is only how this test ends its requests.
      for (const { url } of opened?.all() ?? []) await opened?.queue.pause(url);
      for (const record of await browser.records.all())
        await browser.records.put({ ...record, wish: "runs" });
      this.#isHeld = false;
      this.#waiting.shift()?.();
    };
    return { shared, until, close, told };
  }

  async #request(lead: () => Promise<never>): Promise<never> {
    if (this.#isHeld) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#isHeld = true;
    return lead();
  }
}

let server: FaultyServer;
let browser: TestBrowser;
beforeEach(async () => {
  server = await serveFaulty(new Map([["a.gguf", GGUF]]));
  browser = new TestBrowser();
});
afterEach(() => server.close());

test("one tab downloads, the others are told, and what they ask for is done there", async () => {
  const tabs = new Tabs();
  const first = tabs.open(browser);
  const second = tabs.open(browser);
  const url = `${server.url}a.gguf`;
  expect(await second.shared.start({ url, name: "File" })).toEqual({ ok: true });
  await second.until(({ state }) => state === "done");
  await first.until(({ state }) => state === "done");
  await second.shared.cancel(url);
  expect(second.told.at(-1)).toEqual([]);
  expect(browser.pieces.files.size).toBe(0);
});

test("where the records cannot be opened, that is said, and tried again at the next call", async () => {
  const url = `${server.url}a.gguf`;
  let isFull = true;
  const shared = new SharedDownloads({
    locks: undefined,
    channel: undefined,
    keepFree: () => undefined,
    openQueue: async (onChange) => {
      if (isFull) throw new DOMException("", "QuotaExceededError");
      return (await browser.open(onChange)).queue;
    },
  });
  const failure = { code: "quota-exceeded" };
  expect(await shared.start({ url, name: "File" })).toEqual({ ok: false, failure });
  isFull = false;
  expect(await shared.start({ url, name: "File" })).toEqual({ ok: true });
  await shared.cancel(url);
});

test("when the tab that downloads is closed, another one goes on", async () => {
  server.fault = (asked, response, bytes) => {
    if (asked.end - asked.start < 1000) return false;
    begin(asked, response, bytes, server.headers);
    response.write(bytes.subarray(0, 300_000));
    return true;
  };
  const tabs = new Tabs();
  const first = tabs.open(browser);
  const second = tabs.open(browser);
  const url = `${server.url}a.gguf`;
  await first.shared.start({ url, name: "File" });
  await second.until(({ loadedBytes }) => loadedBytes === 300_000);
  server.fault = () => false;
  await first.close();
  await second.until(({ state }) => state === "done");
  expect(server.asked.at(-1)).toMatchObject({ start: 300_000 });
});
