import type { StoredBytes } from "../records/chunk-record.ts";

/** Where the bytes of values lie. */
export interface ValueBytes {
  /** Bring bytes to where a record can hold or name them. `bytes` stays the caller's. */
  stage(bytes: Uint8Array<ArrayBuffer>): Promise<StoredBytes>;
  /** The caller's to keep. Undefined if they are gone or cannot be read. */
  load(stored: StoredBytes): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Files that no record names any more, or never did. */
  discard(files: readonly string[]): Promise<void>;
}

/** In the records themselves. */
export const recordBytes: ValueBytes = {
  stage: (bytes) => Promise.resolve(new Blob([bytes])),
  load: loadFromRecord,
  discard: () => Promise.resolve(),
};

/** In this worker's memory. */
export const memoryBytes: ValueBytes = {
  ...recordBytes,
  stage: (bytes) => Promise.resolve(bytes.slice()),
};

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
    // A Blob of a database is a file, and files get lost: NotReadableError, NotFoundError.
    return undefined;
  }
}
