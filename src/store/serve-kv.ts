import * as Comlink from "comlink";
import type { CommitRequest, KvRoom, KvStoreApi } from "../protocol/kv-store-api.ts";
import { releaseBytes } from "../shared/release-bytes.ts";
import { resultOf } from "../shared/result-of.ts";
import type { KvUsage, ReadSink } from "./chunks/chunk-store.ts";
import type { Stores } from "./open-stores.ts";

/** The stores that the engine uses. */
type KvStores = Pick<Stores, "chunks" | "deviceRecords">;

/** Answers the engine's calls of `KvStoreApi` on `port`, for as long as the port's other end lives. */
export function serveKv(port: MessagePort, opening: Promise<KvStores>): void {
  Comlink.expose(kvApi(opening), port);
}

/** Posts each value to `port`, and is closed by any message from its other end. */
function sinkInto(port: MessagePort): ReadSink {
  let closed = false;
  port.onmessage = () => (closed = true);
  return {
    take(reply) {
      port.postMessage(reply, reply.value ? [reply.value.buffer] : []);
    },
    isClosed: () => closed,
  };
}

const roomOf = ({ kvBytes, limitBytes }: KvUsage): KvRoom => ({ usedBytes: kvBytes, limitBytes });

/** Gives back the memory of values that were stored, which have come from another thread and are nobody's else. */
function releaseValues({ writes }: CommitRequest): void {
  for (const { values } of writes) for (const { buffer } of values) releaseBytes(buffer);
}

function kvApi(opening: Promise<KvStores>): KvStoreApi {
  const call = <T>(work: (stores: KvStores) => Promise<T>) =>
    resultOf(async () => work(await opening));
  return {
    find: (request) => call(({ chunks }) => chunks.find(request)),
    readAll: (requests, port) => call(({ chunks }) => chunks.readAll(requests, sinkInto(port))),
    commit: (request) =>
      call(({ chunks }) => chunks.commit(request)).finally(() => {
        releaseValues(request);
      }),
    room: () => call(async ({ chunks }) => roomOf(await chunks.usage())),
    deviceRecord: (name) => call(({ deviceRecords }) => deviceRecords.deviceRecord(name)),
    hasDeviceRecord: (name) => call(({ deviceRecords }) => deviceRecords.hasDeviceRecord(name)),
    putDeviceRecord: (name, value) =>
      call(({ deviceRecords }) => deviceRecords.putDeviceRecord(name, value)),
  };
}
