import type { ChunkWrite, CommitRequest } from "../../protocol/kv-store-api.ts";
import { assert } from "../../shared/assert.ts";
import type { Checksum } from "../bytes/checksum.ts";
import type { ChunkRecord, ValueRecord } from "../records/chunk-record.ts";
import type { ValueBytes } from "../bytes/value-bytes.ts";

/** A chunk that is ready to be stored: its bytes are where its record can hold or name them. */
export interface StagedChunk {
  record: ChunkRecord;
  values: readonly ValueRecord[];
}

/** Stages what a commit writes: all of it or, when this rejects, nothing. */
export type Stage = (request: CommitRequest) => Promise<StagedChunk[]>;

/**
 * A function that stages what a commit writes: it computes checksums and puts the bytes where records can hold or
 * name them. That takes long and awaits other things than a transaction, which would end by it. So it is done
 * before.
 */
export function stageWith(checksum: Checksum, bytes: ValueBytes): Stage {
  const stageValues = ({ meta, values }: ChunkWrite) =>
    allOrNone(
      values.map(async (value, group): Promise<ValueRecord> => {
        const { fingerprint, prefixHash } = meta;
        const sum = checksum({ fingerprint, prefixHash, group }, value);
        return { bytes: await bytes.stage(value), checksum: sum };
      }),
      (staged) => bytes.discard(filesOf(staged)),
    );

  const stageChunk = async (write: ChunkWrite, owner: string): Promise<StagedChunk> => {
    assertSizes(write);
    const values = await stageValues(write);
    const files = filesOf(values);
    const record = { ...write.meta, owners: [owner] };
    return { record: files.length > 0 ? { ...record, files } : record, values };
  };

  return ({ conversationId, writes }) =>
    allOrNone(
      writes.map((write) => stageChunk(write, conversationId)),
      (staged) => bytes.discard(filesOfChunks(staged.map(({ record }) => record))),
    );
}

/** All results. If one fails, this first has `undo` take back the others, and then rejects with that failure. */
async function allOrNone<T>(
  work: readonly Promise<T>[],
  undo: (done: T[]) => Promise<void>,
): Promise<T[]> {
  const results = await Promise.allSettled(work);
  const done = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failed = results.find((result) => result.status === "rejected");
  if (!failed) return done;
  await undo(done);
  throw failed.reason;
}

function assertSizes({ meta, values }: ChunkWrite): void {
  const sizes = values.map((value) => value.length);
  assert(
    sizes.length === meta.groupBytes.length &&
      sizes.every((size, group) => size === meta.groupBytes[group]),
    () => `values of ${sizes.join(", ")} bytes for groups of ${meta.groupBytes.join(", ")}`,
  );
}

const filesOf = (values: readonly ValueRecord[]): string[] =>
  values.flatMap(({ bytes }) => ("file" in bytes ? bytes.file : []));

/** Names of the files that hold values of these chunks. */
export const filesOfChunks = (records: readonly ChunkRecord[]): string[] =>
  records.flatMap(({ files }) => files ?? []);
