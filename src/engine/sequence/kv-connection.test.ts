import * as Comlink from "comlink";
import { afterEach, expect, test, vi } from "vitest";
import { ok, type Result } from "../../protocol/errors.ts";
import type { KvStoreApi, ReadReply, ReadRequest } from "../../protocol/kv-store-api.ts";
import { KvConnection } from "./kv-connection.ts";

const NEVER = new AbortController().signal;
const requests: ReadRequest[] = [0, 1, 2].map((group) => ({
  fingerprint: "f",
  prefixHash: "h",
  group,
}));
const valueOf = (index: number) => Uint8Array.of(index, index);

const ports: MessagePort[] = [];
afterEach(() => {
  vi.useRealTimers();
  ports.splice(0).forEach((port) => port.close());
});

/** A connection to a store of which only this is there. */
function connectTo(api: Partial<KvStoreApi>): KvConnection {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  Comlink.expose(api, port1);
  return new KvConnection(port2);
}

const connect = (readAll: KvStoreApi["readAll"]) => connectTo({ readAll });

/** `Promise.withResolvers`, which Node 20 has not. */
function handedPort() {
  let give: (port: MessagePort) => void = () => undefined;
  const given = new Promise<MessagePort>((resolve) => (give = resolve));
  return { given, give };
}

const post = (port: MessagePort, index: number) => {
  const reply: ReadReply = { index, value: valueOf(index) };
  port.postMessage(reply);
};

async function readFrom(kv: KvConnection, signal = NEVER) {
  const taken: ReadReply[] = [];
  const result = await kv.readAll(requests, (reply) => taken.push(reply), signal);
  return { result, taken };
}

test("every value is taken before the reading is over, though the answer may come first", async () => {
  const kv = connect((asked, port) => {
    setTimeout(() => asked.forEach((_, index) => post(port, index)), 20);
    return Promise.resolve(ok(undefined));
  });
  const { result, taken } = await readFrom(kv);
  expect(result.ok).toBe(true);
  expect(taken).toEqual(requests.map((_, index) => ({ index, value: valueOf(index) })));
});

test("a reading that is stopped is over, the store is told, and nothing is taken after that", async () => {
  const stop = new AbortController();
  const told = handedPort();
  const kv = connect(
    (_, port) =>
      new Promise<Result<void>>((resolve) => {
        port.onmessage = () => {
          resolve(ok(undefined));
          told.give(port);
        };
        post(port, 0);
        setTimeout(() => stop.abort(), 20);
      }),
  );
  const { result, taken } = await readFrom(kv, stop.signal);
  expect(result.ok).toBe(true);
  post(await told.given, 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(taken.map(({ index }) => index)).toEqual([0]);
});

test("nothing to read, or nobody who wants it, is over at once", async () => {
  const kv = connect(() => Promise.reject(new Error("should not be asked")));
  expect(await kv.readAll([], () => undefined, NEVER)).toEqual(ok(undefined));
  expect((await readFrom(kv, AbortSignal.abort())).result).toEqual(ok(undefined));
});

test("a store's failure is the answer", async () => {
  const failure = { code: "store-unavailable", message: "gone" } as const;
  const kv = connect(() => Promise.resolve({ ok: false, failure }));
  expect((await readFrom(kv)).result).toEqual({ ok: false, failure });
});

test("a store that sends value after value is waited for, one that is silent is not", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const opened = handedPort();
  const kv = connect((_, port) => {
    opened.give(port);
    return new Promise(() => undefined);
  });
  let taken = 0;
  const reading = kv.readAll(requests, () => taken++, NEVER);
  const port = await opened.given;
  for (const index of [0, 1]) {
    await vi.advanceTimersByTimeAsync(8000);
    post(port, index);
    await vi.waitUntil(() => taken === index + 1);
  }
  await vi.advanceTimersByTimeAsync(9000);
  expect(taken).toBe(2);
  await vi.advanceTimersByTimeAsync(9000);
  expect(await reading).toMatchObject({ ok: false, failure: { code: "store-unavailable" } });
});

test("device records are kept and given by name", async () => {
  const kept = new Map<string, unknown>();
  const kv = connectTo({
    deviceRecord: (name) => Promise.resolve(ok(kept.get(name))),
    hasDeviceRecord: (name) => Promise.resolve(ok(kept.has(name))),
    putDeviceRecord: (name, value) => {
      kept.set(name, value);
      return Promise.resolve(ok(undefined));
    },
  });
  expect(await kv.putDeviceRecord("gpu", { msPerToken: 2 })).toEqual(ok(undefined));
  expect(await kv.deviceRecord("gpu")).toEqual(ok({ msPerToken: 2 }));
  expect(await kv.deviceRecord("other")).toEqual(ok(undefined));
  expect(await kv.hasDeviceRecord("gpu")).toEqual(ok(true));
  expect(await kv.hasDeviceRecord("other")).toEqual(ok(false));
});

test("a store that is silent about device records is not waited for", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const silent = () => new Promise<never>(() => undefined);
  const kv = connectTo({ deviceRecord: silent, putDeviceRecord: silent });
  const asked = Promise.all([kv.deviceRecord("gpu"), kv.putDeviceRecord("gpu", 1)]);
  await vi.advanceTimersByTimeAsync(11_000);
  const unavailable = { ok: false, failure: { code: "store-unavailable" } };
  expect(await asked).toMatchObject([unavailable, unavailable]);
});
