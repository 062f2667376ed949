import { expect, test } from "vitest";
import type { EngineFailure } from "../../protocol/errors.ts";
import { KvChannel } from "./kv-channel.ts";

/** A worker of either kind, and the ports that it was given. */
function fakeWorker() {
  const ports: MessagePort[] = [];
  let die: (failure: EngineFailure) => void = () => undefined;
  const died = new Promise<EngineFailure>((resolve) => (die = resolve));
  const take = (port: MessagePort) => {
    ports.push(port);
    return Promise.resolve();
  };
  const api = { attachStore: take, serveKv: take };
  const end = async () => {
    die({ code: "worker-died", worker: "store", message: "" });
    await died;
  };
  return { api, died, end, ports };
}

async function isHeard(from: MessagePort | undefined, at: MessagePort | undefined) {
  if (!from || !at) throw new Error("there is no such port");
  const heard = new Promise<void>((resolve) => {
    at.addEventListener("message", () => resolve(), { once: true });
  });
  at.start();
  from.postMessage("anyone there?");
  await heard;
  from.close();
}

test("as soon as both workers are there they can speak to each other, once", async () => {
  const link = new KvChannel();
  const [engine, store] = [fakeWorker(), fakeWorker()];
  link.engineStarted(engine);
  expect(engine.ports).toEqual([]);
  link.storeStarted(store);
  expect([engine.ports.length, store.ports.length]).toEqual([1, 1]);
  await isHeard(engine.ports[0], store.ports[0]);
});

test("a worker that was started again is joined anew", async () => {
  const link = new KvChannel();
  const [engine, store, nextStore, nextEngine] = Array.from({ length: 4 }, fakeWorker);
  if (!engine || !store || !nextStore || !nextEngine) throw new Error("four workers");
  link.storeStarted(store);
  link.engineStarted(engine);
  await store.end();
  link.storeStarted(nextStore);
  await engine.end();
  link.engineStarted(nextEngine);
  expect([engine.ports.length, store.ports.length]).toEqual([2, 1]);
  expect([nextEngine.ports.length, nextStore.ports.length]).toEqual([1, 2]);
  await isHeard(nextStore.ports[1], nextEngine.ports[0]);
  for (const { ports } of [engine, store, nextStore]) for (const port of ports) port.close();
});

test("a dead worker is not joined to a living one", async () => {
  const link = new KvChannel();
  const [engine, store] = [fakeWorker(), fakeWorker()];
  link.storeStarted(store);
  await store.end();
  link.engineStarted(engine);
  expect(engine.ports).toEqual([]);
  expect(store.ports).toEqual([]);
});
