import * as Comlink from "comlink";
import { afterEach, expect, test, vi } from "vitest";
import { fail, ok, type EngineFailure, type Result } from "../../protocol/errors.ts";
import { connectWorker, type WorkerLike } from "./worker-connection.ts";

interface TestApi {
  listen(onEvent: (event: string) => void): Promise<void>;
  count(to: number, onNumber: (n: number) => void | Promise<void>): Promise<Result<number>>;
  hang(): Promise<Result<number>>;
  hangQuietly(): Promise<void>;
  crash(): Promise<Result<number>>;
  serve(port: MessagePort): Promise<void>;
}

class TestWorker implements TestApi {
  onEvent: ((event: string) => unknown) | undefined;
  onNumber: ((n: number) => unknown) | undefined;

  listen(onEvent: (event: string) => void) {
    this.onEvent = onEvent;
    return Promise.resolve();
  }

  async count(to: number, onNumber: (n: number) => void | Promise<void>) {
    this.onNumber = onNumber;
    for (let n = 1; n <= to; n++) await onNumber(n);
    return ok(to);
  }

  hang = () => new Promise<never>(() => undefined);
  hangQuietly = () => new Promise<never>(() => undefined);
  crash = () => Promise.reject(new TypeError("oops"));

  serve(port: MessagePort) {
    port.postMessage("served");
    return Promise.resolve();
  }
}

/** Web Locks that grant a request when the test says that the holder is gone. */
class FakeLocks {
  readonly requested: string[] = [];
  release: () => void = () => undefined;

  request = (name: string, options: unknown, granted?: unknown) => {
    this.requested.push(name);
    const { signal } = options as { signal: AbortSignal };
    return new Promise<void>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      this.release = () => {
        (granted as () => void)();
        resolve();
      };
    });
  };
}

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

function connect() {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const inside = new TestWorker();
  Comlink.expose(inside, port1);
  const terminate = vi.fn();
  const worker: WorkerLike = Object.assign(port2, { terminate });
  const locks = new FakeLocks();
  const report = vi.fn();
  const nothing = () => undefined;
  const connection = connectWorker<TestApi>(worker, {
    kind: "engine",
    lifeLock: "lock",
    answers: {
      listen: nothing,
      count: fail,
      hang: fail,
      hangQuietly: nothing,
      crash: fail,
      serve: nothing,
    },
    keepsCallback: ["listen"],
    locks: locks,
    report,
  });
  const tellHeld = () => port1.postMessage({ lifeLockHeld: "lock" });
  return { connection, inside, port: port2, terminate, locks, report, tellHeld };
}

const died = (message: string): EngineFailure => ({
  code: "worker-died",
  worker: "engine",
  message,
});

test("a call is answered, and its callback called in order", async () => {
  const { connection } = connect();
  const numbers: number[] = [];
  const answer = await connection.api.count(3, (n) => void numbers.push(n));
  expect(answer).toEqual(ok(3));
  expect(numbers).toEqual([1, 2, 3]);
});

test("a callback may be lent again, and is not marked by it", async () => {
  const { connection } = connect();
  const onNumber = vi.fn();
  const before = Reflect.ownKeys(onNumber);
  await connection.api.count(1, onNumber);
  await connection.api.count(1, onNumber);
  expect(onNumber).toHaveBeenCalledTimes(2);
  expect(Reflect.ownKeys(onNumber)).toEqual(before);
});

test("a callback is taken back with the answer, unless its call keeps it", async () => {
  const close = vi.spyOn(MessagePort.prototype, "close");
  const { connection, inside } = connect();
  const events: string[] = [];
  await connection.api.listen((event) => void events.push(event));
  expect(close).not.toHaveBeenCalled();
  const numbers: number[] = [];
  await connection.api.count(1, (n) => void numbers.push(n));
  expect(close).toHaveBeenCalledTimes(1);
  close.mockRestore();
  void inside.onNumber?.(2);
  await inside.onEvent?.("later");
  expect(events).toEqual(["later"]);
  expect(numbers).toEqual([1]);
});

test("a port is given away", async () => {
  const { connection } = connect();
  const { port1, port2 } = new MessageChannel();
  ports.push(port2);
  const heard = new Promise((resolve) => {
    port2.addEventListener("message", ({ data }) => resolve(data));
  });
  port2.start();
  await connection.api.serve(port1);
  expect(await heard).toBe("served");
});

test("an error event answers every call in flight, by its own kind of answer", async () => {
  const { connection, port, terminate } = connect();
  const calls = [connection.api.hang(), connection.api.hangQuietly(), connection.api.hang()];
  port.dispatchEvent(Object.assign(new Event("error"), { message: "out of memory" }));
  const failure = died("out of memory");
  expect(await Promise.all(calls)).toEqual([fail(failure), undefined, fail(failure)]);
  expect(await connection.died).toEqual(failure);
  expect(terminate).toHaveBeenCalledOnce();
});

test("a worker whose script cannot be fetched has died", async () => {
  const { connection, port } = connect();
  port.dispatchEvent(new Event("error"));
  expect(await connection.died).toEqual(died("it could not be started"));
});

test("an unreadable message counts as death", async () => {
  const { connection, port } = connect();
  const call = connection.api.hang();
  port.dispatchEvent(new Event("messageerror"));
  expect(await call).toEqual(fail(died("unreadable message")));
});

test("a worker that ends without a word is noticed by its lock", async () => {
  const { connection, locks, tellHeld } = connect();
  const call = connection.api.hang();
  tellHeld();
  await vi.waitFor(() => expect(locks.requested).toEqual(["lock"]));
  locks.release();
  expect(await call).toEqual(fail(died("it ended without an error")));
});

test("the lock is not asked for before the worker holds it", async () => {
  const { connection, locks } = connect();
  await connection.api.count(0, () => undefined);
  expect(locks.requested).toEqual([]);
});

test("terminate answers calls in flight and gives up the wait for the lock", async () => {
  const { connection, locks, tellHeld, terminate, report } = connect();
  const call = connection.api.hang();
  tellHeld();
  await vi.waitFor(() => expect(locks.requested).toEqual(["lock"]));
  connection.terminate();
  expect(await call).toEqual(fail(died("terminated")));
  expect(terminate).toHaveBeenCalledOnce();
  await new Promise((resolve) => setTimeout(resolve));
  expect(report).not.toHaveBeenCalled();
});

test("a call to a dead worker is answered at once, with the first cause of death", async () => {
  const { connection } = connect();
  connection.terminate();
  connection.terminate();
  expect(await connection.api.count(1, () => undefined)).toEqual(fail(died("terminated")));
  await expect(connection.api.hangQuietly()).resolves.toBeUndefined();
});

test("an error thrown in the worker is a bug: reported, and the worker's end", async () => {
  const { connection, report, terminate } = connect();
  const other = connection.api.hang();
  const failure = died("TypeError: oops");
  expect(await connection.api.crash()).toEqual(fail(failure));
  expect(await other).toEqual(fail(failure));
  expect(report).toHaveBeenCalledOnce();
  expect(terminate).toHaveBeenCalledOnce();
});

test("the connection can be returned from an async function", async () => {
  const { connection } = connect();
  const api = await Promise.resolve(connection.api);
  expect(await api.count(0, () => undefined)).toEqual(ok(0));
});
