import * as Comlink from "comlink";
import type { KvStoreApi } from "../protocol/kv-store-api.ts";
import { atBoundary } from "../shared/boundary.ts";
import type { ChunkStore, ReadSink } from "./chunk-store.ts";

/** The engine's side of the store, for as long as the port's other end lives. */
export function serveKv(port: MessagePort, opening: Promise<ChunkStore>): void {
  Comlink.expose(kvApi(opening), port);
}

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

function kvApi(opening: Promise<ChunkStore>): KvStoreApi {
  const call = <T>(work: (chunks: ChunkStore) => Promise<T>) =>
    atBoundary(async () => work(await opening));
  return {
    find: (request) => call((chunks) => chunks.find(request)),
    readAll: (requests, port) => call((chunks) => chunks.readAll(requests, sinkInto(port))),
    commit: (request) => call((chunks) => chunks.commit(request)),
  };
}
