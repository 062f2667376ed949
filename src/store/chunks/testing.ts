import * as Comlink from "comlink";
import { ok, type Result } from "../../protocol/errors.ts";
import {
  ROOT_HASH,
  type ChunkMeta,
  type ChunkWrite,
  type CommitRequest,
  type KvStoreApi,
  type ReadReply,
  type ReadRequest,
} from "../../protocol/kv-store-api.ts";
import { EngineError } from "../../shared/engine-error.ts";
import type { StoredValue } from "../records/chunk-record.ts";
import type { ChunkStore, ChunkStoreParts } from "./chunk-store.ts";
import type { ChunkTable, ChunkWrites } from "./chunk-table.ts";
import { createChunkStore } from "./create-chunk-store.ts";
import type { Limits } from "./stored-state.ts";

/** A store whose storage can be made to lie and to fail. All cloneable, so that it can be in a worker. */
export interface TestChunkStore extends ChunkStore {
  /** One value. */
  read(key: ReadRequest): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Whether there is anything under this key. */
  holds(key: ReadRequest): Promise<boolean>;
  /** Puts other bytes under the key; the checksum stays. */
  tamper(key: ReadRequest, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Exchanges what is stored under two keys, checksums and all. */
  swap(a: ReadRequest, b: ReadRequest): Promise<void>;
  /** Removes one value; what is known of its chunk stays. */
  lose(key: ReadRequest): Promise<void>;
  /** The next transaction that puts more than this many chunks ends in the middle. */
  interruptAfter(puts: number): Promise<void>;
  /** That many transactions that put chunks are refused for want of space, at their end. */
  refuse(times: number): Promise<void>;
}

export type TestParts = Pick<ChunkStoreParts, "table" | "bytes">;

const NO_LIMITS: Limits = { defaultBytes: 2 ** 30, maxBytes: Infinity };

/** Its clock is one tick later with each look at it. */
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
  const rewrite = (key: ReadRequest, value: StoredValue | undefined) =>
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
  value: StoredValue | undefined,
): Promise<void> {
  const record = await table.read((tx) => tx.chunk(key));
  if (!record) return;
  const values = await table.values(record.groupBytes.map((_, group) => ({ ...key, group })));
  values[key.group] = value;
  const files = values.flatMap((left) => (left && "file" in left.bytes ? left.bytes.file : []));
  const present: StoredValue[] = [];
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

export const FINGERPRINT = "f".repeat(32);

/** As a prefix hash: `hashOf("a")` follows nothing, `hashOf("ab")` follows it. */
export const hashOf = (path: string): string =>
  path === "" ? ROOT_HASH : Array.from(path, hexOf).join("").padEnd(32, "0");

/** The name of other rows of the same tokens. */
export const inOtherLineage = (hash: string): string => `${hash.slice(0, -2)}01`;

const hexOf = (letter: string) => codeOf(letter).toString(16).padStart(2, "0");

export const TOKENS = 64;

/** The chunk at the end of a path; its last letter is a capital if it is partial. */
export function chunkAt(path: string, sizes: readonly number[] = [100, 50]): ChunkWrite {
  const last = path.slice(-1);
  const full = last === last.toLowerCase();
  const meta: ChunkMeta = {
    fingerprint: FINGERPRINT,
    prefixHash: hashOf(path),
    parentHash: hashOf(path.slice(0, -1)),
    startToken: (path.length - 1) * TOKENS,
    tokens: full ? TOKENS : TOKENS / 2,
    full,
    groupBytes: sizes,
  };
  return { meta, values: sizes.map((size, group) => contentOf(path, group, size)) };
}

/** Bytes that are the same each time, and no other value's. */
export function contentOf(path: string, group: number, size: number): Uint8Array<ArrayBuffer> {
  let state = Array.from(`${path}/${group}`).reduce(
    (hash, letter) => (hash * 31 + codeOf(letter)) % 2 ** 31,
    7,
  );
  return new Uint8Array(size).map(() => (state = (state * 1103515245 + 12345) % 2 ** 31) >>> 16);
}

const codeOf = (letter: string) => letter.codePointAt(0) ?? 0;

export const keyOf = (path: string, group = 0): ReadRequest => ({
  fingerprint: FINGERPRINT,
  prefixHash: hashOf(path),
  group,
});

/** The chunks at these paths, for a conversation. */
export const commitOf = (
  conversationId: string,
  paths: readonly string[],
  fields: Partial<CommitRequest> = {},
): CommitRequest => ({
  conversationId,
  fingerprint: FINGERPRINT,
  writes: paths.map((path) => chunkAt(path)),
  superseded: [],
  ...fields,
});

/** All the full chunks along a path, as `find` asks for them. */
export const findOf = (conversationId: string, path: string) => {
  const hashes = Array.from(path, (_, index) => hashOf(path.slice(0, index + 1)));
  const prefixHashes = hashes;
  return { conversationId, fingerprint: FINGERPRINT, prefixHashes, parentHashes: hashes };
};
