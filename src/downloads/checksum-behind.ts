import { createXXHash64 } from "hash-wasm";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes of the checksum. */
export const CHECKSUM_BYTES = 8;

/**
 * XXH64, which takes 0.3 ms for a megabyte. It finds what a disk has damaged, and is no defence against someone who
 * writes to the disk on purpose.
 */
export async function checksumOf(bytes: Uint8Array): Promise<Bytes> {
  const hash = await createXXHash64();
  return Uint8Array.from(hash.init().update(bytes).digest("binary"));
}

/** The bytes in front of their checksum; undefined if it is not theirs. */
export async function withoutChecksum(checked: Bytes): Promise<Bytes | undefined> {
  const bytes = checked.subarray(0, -CHECKSUM_BYTES);
  const checksum = checked.subarray(bytes.length);
  const found = await checksumOf(bytes);
  const isTheirs =
    checksum.length === CHECKSUM_BYTES && found.every((byte, i) => byte === checksum[i]);
  return isTheirs ? bytes : undefined;
}
