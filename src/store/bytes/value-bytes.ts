import type { StoredBytes } from "../records/chunk-record.ts";

/** A place where the bytes of values are stored: the database's records, files, or memory. */
export interface ValueBytes {
  /** Puts bytes where a record can hold or name them. `bytes` remain the caller's. */
  stage(bytes: Uint8Array<ArrayBuffer>): Promise<StoredBytes>;
  /** The bytes, which the caller may keep and change. Undefined if they are gone or cannot be read. */
  load(stored: StoredBytes): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Removes files that no record names any more, or that none ever did. */
  discard(files: readonly string[]): Promise<void>;
}

/** The bytes are in the database's records themselves. */
export const recordBytes: ValueBytes = {
  stage: (bytes) => Promise.resolve(new Blob([bytes])),
  load: loadFromRecord,
  discard: () => Promise.resolve(),
};

/** The bytes are in this worker's memory. */
export const memoryBytes: ValueBytes = {
  ...recordBytes,
  stage: (bytes) => Promise.resolve(bytes.slice()),
};

/** Bytes that are in the record itself; undefined if it names a file. */
export async function loadFromRecord(
  stored: StoredBytes,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (stored instanceof Blob) return readBlob(stored);
  return "file" in stored ? undefined : stored.slice();
}

async function readBlob(blob: Blob): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch {
    // Browsers keep the Blobs of a database in files, and files get lost: NotReadableError, NotFoundError.
    return undefined;
  }
}
