import type {
  ChunkKey,
  ChunkRecord,
  KvRemoval,
  SequenceUse,
  ValueRecord,
} from "../records/chunk-record.ts";
import type { ChunkReads, ChunkTable, ChunkWrites } from "./chunk-table.ts";

/** Everything that the table holds. A writing transaction works on a copy and replaces the whole. */
interface Tables {
  chunks: Map<string, ChunkRecord>;
  /** The values of each chunk, by its key, in the order of groups. */
  values: Map<string, readonly ValueRecord[]>;
  uses: Map<string, SequenceUse>;
  limitBytes: number | undefined;
  removal: KvRemoval | undefined;
}

/** Used in browsers that give no storage. Its chunks last as long as the worker. */
export function memoryChunkTable(): ChunkTable {
  let tables: Tables = {
    chunks: new Map(),
    values: new Map(),
    uses: new Map(),
    limitBytes: undefined,
    removal: undefined,
  };
  const write = inTurn(async (work: (tx: ChunkWrites) => Promise<unknown>) => {
    const draft = copyOf(tables);
    const result = await work(writesOn(draft));
    tables = draft;
    return result;
  });

  return {
    read: (work) => work(readsOn(tables)),
    mark: (work) => write(work) as ReturnType<typeof work>,
    write: (work) => write(work) as ReturnType<typeof work>,
    values: (keys) =>
      Promise.resolve(keys.map((key) => tables.values.get(keyOf(key))?.[key.group])),
  };
}

/** The same function, but each call begins only when the one before has ended, as with transactions. */
function inTurn<A, T>(call: (argument: A) => Promise<T>): (argument: A) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (argument) => {
    const result = last.then(() => call(argument));
    last = result.catch(() => undefined);
    return result;
  };
}

const copyOf = ({ chunks, values, uses, ...others }: Tables): Tables => ({
  chunks: new Map(chunks),
  values: new Map(values),
  uses: new Map(uses),
  ...others,
});

const keyOf = ({ fingerprint, prefixHash }: ChunkKey) => `${fingerprint}/${prefixHash}`;

function readsOn(tables: Tables): ChunkReads {
  const { chunks, uses } = tables;
  const where = (matches: (record: ChunkRecord) => boolean) =>
    Promise.resolve([...chunks.values()].filter(matches));
  return {
    chunk: (key) => Promise.resolve(chunks.get(keyOf(key))),
    chunks: () => where(() => true),
    // No other program writes into this memory.
    unknownChunks: () => Promise.resolve([]),
    children: (fingerprint, parentHash) =>
      where((record) => record.fingerprint === fingerprint && record.parentHash === parentHash),
    ownedBy: (conversationId) => where(({ owners }) => owners.includes(conversationId)),
    uses: () => Promise.resolve([...uses.values()]),
    limitBytes: () => Promise.resolve(tables.limitBytes),
    removal: () => Promise.resolve(tables.removal),
  };
}

function writesOn(tables: Tables): ChunkWrites {
  const { chunks, values, uses } = tables;
  const done = (work: () => unknown) => {
    work();
    return Promise.resolve();
  };
  return {
    ...readsOn(tables),
    putRecord: (record) => done(() => chunks.set(keyOf(record), record)),
    putUse: (use) => done(() => uses.set(`${use.conversationId}/${use.fingerprint}`, use)),
    putRemoval: (removal) => done(() => (tables.removal = removal)),
    putChunk: (record, stored) =>
      done(() => {
        chunks.set(keyOf(record), record);
        values.set(keyOf(record), stored);
      }),
    removeChunk: (key) =>
      done(() => {
        chunks.delete(keyOf(key));
        values.delete(keyOf(key));
      }),
    removeUses: (conversationId) =>
      done(() => {
        for (const [key, use] of uses) if (use.conversationId === conversationId) uses.delete(key);
      }),
    setLimitBytes: (limitBytes) => done(() => (tables.limitBytes = limitBytes)),
    clear: () =>
      done(() => {
        for (const table of [chunks, values, uses]) table.clear();
      }),
  };
}
