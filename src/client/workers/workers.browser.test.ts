import { afterEach, describe, expect, test, vi } from "vitest";
import { fail, type Result } from "../../protocol/errors.ts";
import { createStoreClient } from "./store-client.ts";
import { connectWorker } from "./worker-connection.ts";

describe("the store worker", () => {
  const conversationId = crypto.randomUUID();
  const text = "Hi";
  const message = { id: crypto.randomUUID(), conversationId, parentId: null, text } as const;

  test("keeps a conversation for the next page", async () => {
    const store = createStoreClient();
    expect(
      await store.appendMessage({ ...message, role: "user", status: "complete" }),
    ).toMatchObject({ ok: true });
    const next = createStoreClient();
    expect(await next.messages(conversationId)).toMatchObject({ ok: true, value: [{ text }] });
    await next.deleteConversation(conversationId);
    expect(await store.messages(conversationId)).toEqual({ ok: true, value: [] });
  });

  test("holds a lock of its own while it lives, and the page waits for it", async () => {
    await createStoreClient().conversations();
    await vi.waitFor(async () => {
      const { held = [], pending = [] } = await navigator.locks.query();
      const names = held.map(({ name }) => name).filter((name) => name?.includes(".store."));
      expect(names.length).toBeGreaterThan(0);
      const waitedFor = pending.map(({ name }) => name);
      expect(waitedFor).toEqual(expect.arrayContaining(names));
    });
  });
});

describe("a worker", () => {
  interface Api {
    hang(): Promise<Result<void>>;
  }

  const urls: string[] = [];
  afterEach(() => {
    for (const url of urls.splice(0)) URL.revokeObjectURL(url);
  });

  function scriptUrl(script: string): string {
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    urls.push(url);
    return url;
  }

  function connect(url: string) {
    const name = `test.${crypto.randomUUID()}`;
    const worker = new Worker(url, { type: "module", name });
    // The test expects these errors, so the page's own error handling need not see them.
    worker.addEventListener("error", (event) => event.preventDefault());
    return connectWorker<Api>(worker, { kind: "engine", lifeLock: name, answers: { hang: fail } });
  }

  const died = (message: unknown) => ({
    ok: false,
    failure: { code: "worker-died", worker: "engine", message },
  });

  test("that closes itself is noticed", async () => {
    const url = scriptUrl(`
      navigator.locks.request(self.name, () => {
        postMessage({ lifeLockHeld: self.name });
        return new Promise(() => {});
      });
      onmessage = () => setTimeout(() => close(), 50);
    `);
    expect(await connect(url).api.hang()).toEqual(died("it ended without an error"));
  });

  test("that throws is noticed, and its lock set free", async () => {
    const url = scriptUrl(`
      navigator.locks.request("held by a failed worker", () => new Promise(() => {}));
      onmessage = () => { throw new Error("oops") };
    `);
    expect(await connect(url).api.hang()).toEqual(died(expect.stringContaining("oops")));
    await navigator.locks.request("held by a failed worker", () => undefined);
  });

  test("that cannot be fetched is noticed", async () => {
    const url = scriptUrl("");
    URL.revokeObjectURL(url);
    expect(await connect(url).api.hang()).toEqual(died("it could not be started"));
  });

  test("that is terminated answers what is in flight", async () => {
    const connection = connect(scriptUrl("onmessage = () => {}"));
    const call = connection.api.hang();
    connection.terminate();
    expect(await call).toEqual(died("terminated"));
  });
});
