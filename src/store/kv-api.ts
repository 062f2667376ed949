import * as Comlink from "comlink";
import type { KvStoreApi } from "../protocol/kv-store-api.ts";
import { atBoundary } from "../shared/boundary.ts";
import type { ChunkStore } from "./chunk-store.ts";

/** The engine's side of the store, for as long as the port's other end lives. */
export function serveKv(port: MessagePort, opening: Promise<ChunkStore>): void {
  Comlink.expose(kvApi(opening), port);
}

function kvApi(opening: Promise<ChunkStore>): KvStoreApi {
  const call = <T>(work: (chunks: ChunkStore) => Promise<T>) =>
    atBoundary(async () => work(await opening));
  return {
    find: (request) => call((chunks) => chunks.find(request)),
    read: async (request) => {
      const result = await call((chunks) => chunks.read(request));
      return result.ok && result.value ? Comlink.transfer(result, [result.value.buffer]) : result;
    },
    commit: (request) => call((chunks) => chunks.commit(request)),
  };
}
