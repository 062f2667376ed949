import * as Comlink from "comlink";
import { ok, type Result } from "../../protocol/errors.ts";
import type { KvStoreApi, ReadReply, ReadRequest } from "../../protocol/kv-store-api.ts";
import { EngineError } from "../../shared/engine-error.ts";
import type { ValueRecord } from "../records/chunk-record.ts";
import type { ChunkStore, ChunkStoreParts } from "./chunk-store.ts";
import type { ChunkTable, ChunkWrites } from "./chunk-table.ts";
import { createChunkStore } from "./create-chunk-store.ts";
import type { Limits } from "./inventory.ts";

/** A store whose storage can be made to lie and to fail. Everything is cloneable, so that it can be in a worker. */
export interface TestChunkStore extends ChunkStore {
  /** Reads one value. */
  read(key: ReadRequest): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Whether anything is stored under this key. */
  holds(key: ReadRequest): Promise<boolean>;
  /** Puts other bytes under the key and leaves the checksum as it is. */
  tamper(key: ReadRequest, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Exchanges what is stored under two keys, with the checksums. */
  swap(a: ReadRequest, b: ReadRequest): Promise<void>;
  /** Removes one value. The record of its chunk stays. */
  lose(key: ReadRequest): Promise<void>;
  /** The next transaction that puts more than `puts` chunks is interrupted. */
  interruptAfter(puts: number): Promise<void>;
  /** The next `times` transactions that put chunks fail at their end, as if there were no space. */
  refuse(times: number): Promise<void>;
}

export type TestParts = Pick<ChunkStoreParts, "table" | "bytes">;

const NO_LIMITS: Limits = { defaultBytes: 2 ** 30, maxBytes: Infinity };

/** Opens such a store. Its clock goes on by one millisecond with each look at it. */
export function testChunkStore(
  { table, bytes }: TestParts,
  limits: Partial<Limits> = {},
): TestChunkStore {
  let nowMs = 0;
  const failing = failingTable(table);
  const bounds = { ...NO_LIMITS, ...limits };
  const store = createChunkStore({
    table: failing.table,
    bytes,
    limits: () => Promise.resolve(bounds),
    now: () => ++nowMs,
  });
  const valueAt = async (key: ReadRequest) => (await table.values([key]))[0];
  const rewrite = (key: ReadRequest, value: ValueRecord | undefined) =>
    rewriteValue(table, key, value);

  return {
    ...store,
    read: (key) => readOne(store, key),
    holds: async (key) => (await valueAt(key)) !== undefined,
    tamper: async (key, changed) => {
      const value = await valueAt(key);
      if (value) await rewrite(key, { ...value, bytes: await bytes.stage(changed) });
    },
    swap: async (a, b) => {
      const [ofA, ofB] = await table.values([a, b]);
      await rewrite(a, ofB);
      await rewrite(b, ofA);
    },
    lose: (key) => rewrite(key, undefined),
    interruptAfter: failing.interruptAfter,
    refuse: failing.refuse,
  };
}

async function readOne(
  store: Pick<ChunkStore, "readAll">,
  key: ReadRequest,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const taken: ReadReply[] = [];
  await store.readAll([key], { take: (reply) => taken.push(reply), isClosed: () => false });
  return taken[0]?.value;
}

/** What a reader on another thread gets for one value: the failure, or the reply that was posted. */
export async function readOver(
  kv: Pick<KvStoreApi, "readAll">,
  key: ReadRequest,
): Promise<Result<Uint8Array<ArrayBuffer> | undefined>> {
  const { port1, port2 } = new MessageChannel();
  const reply = new Promise<ReadReply>((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<ReadReply>) => {
      resolve(data);
    };
  });
  const result = await kv.readAll([key], Comlink.transfer(port2, [port2]));
  const answer = result.ok ? ok((await reply).value) : result;
  port1.close();
  return answer;
}

async function rewriteValue(
  table: ChunkTable,
  key: ReadRequest,
  value: ValueRecord | undefined,
): Promise<void> {
  const record = await table.read((tx) => tx.chunk(key));
  if (!record) return;
  const values = await table.values(record.groupBytes.map((_, group) => ({ ...key, group })));
  values[key.group] = value;
  const files = values.flatMap((left) => (left && "file" in left.bytes ? left.bytes.file : []));
  const present: ValueRecord[] = [];
  values.forEach((left, group) => {
    if (left) present[group] = left;
  });
  await table.write(async (tx) => {
    await tx.removeChunk(key);
    await tx.putChunk(record.files ? { ...record, files } : record, present);
  });
}

function failingTable(table: ChunkTable) {
  let putsLeft = Infinity;
  let refusals = 0;
  const counting = (tx: ChunkWrites, count: () => void): ChunkWrites => ({
    ...tx,
    putChunk: (record, values) => {
      count();
      if (putsLeft-- > 0) return tx.putChunk(record, values);
      putsLeft = Infinity;
      return Promise.reject(new EngineError({ code: "store-unavailable", message: "interrupted" }));
    },
  });
  const write = <T>(work: (tx: ChunkWrites) => Promise<T>) =>
    table.write(async (tx) => {
      let puts = 0;
      const result = await work(counting(tx, () => puts++));
      if (puts > 0 && refusals-- > 0) throw new EngineError({ code: "quota-exceeded" });
      return result;
    });
  return {
    table: { ...table, write },
    interruptAfter: (puts: number) => Promise.resolve(void (putsLeft = puts)),
    refuse: (times: number) => Promise.resolve(void (refusals = times)),
  };
}
