import * as Comlink from "comlink";
import { idbChunkTable } from "./idb-chunk-table.ts";
import { databaseConnection } from "../database/open-database.ts";
import { opfsBytes, opfsDirectory, sweepFiles } from "../bytes/opfs-bytes.ts";
import { filesOfChunks } from "./stage-chunks.ts";
import type { Limits } from "./inventory.ts";
import { testChunkStore, type TestChunkStore } from "./chunk-store-testing.ts";

/** A store with its bytes in OPFS, for tests on the page: sync access handles exist in workers only. */
export interface OpfsTestWorker {
  /** Opens a store whose database and directory have this name. */
  open(name: string, limits?: Partial<Limits>): Promise<TestChunkStore & Comlink.ProxyMarked>;
  /** Names of the files in the directory. */
  files(name: string): Promise<string[]>;
  sweep(name: string, nowMs: number): Promise<void>;
  truncate(name: string, file: string): Promise<void>;
}

const tableOf = (name: string) => idbChunkTable(databaseConnection(name));

const worker: OpfsTestWorker = {
  async open(name, limits) {
    const directory = opfsDirectory(name);
    await directory();
    const parts = { table: tableOf(name), bytes: opfsBytes(directory) };
    return Comlink.proxy(testChunkStore(parts, limits));
  },
  async files(name) {
    const names: string[] = [];
    for await (const file of (await opfsDirectory(name)()).keys()) names.push(file);
    return names;
  },
  async sweep(name, nowMs) {
    const records = await tableOf(name).read((tx) => tx.chunks());
    await sweepFiles(opfsDirectory(name), new Set(filesOfChunks(records)), nowMs);
  },
  async truncate(name, file) {
    const handle = await (await opfsDirectory(name)()).getFileHandle(file);
    const writable = await handle.createWritable({ keepExistingData: true });
    await writable.truncate(10);
    await writable.close();
  },
};

Comlink.expose(worker);
