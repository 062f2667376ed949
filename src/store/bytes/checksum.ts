import { createXXHash64 } from "hash-wasm";
import type { ReadRequest } from "../../protocol/kv-store-api.ts";

/** xxHash64 of a value and of its key. The key is in it so that a value found under another key is noticed. */
export type Checksum = (key: ReadRequest, bytes: Uint8Array) => string;

let created: Promise<Checksum> | undefined;

/** One function for the whole thread: each has a WebAssembly memory, and the number of these is limited. */
export function createChecksum(): Promise<Checksum> {
  return (created ??= instantiate());
}

async function instantiate(): Promise<Checksum> {
  const hash = await createXXHash64();
  return ({ fingerprint, prefixHash, group }, bytes) =>
    hash
      .init()
      .update(JSON.stringify([fingerprint, prefixHash, group]))
      .update(bytes)
      .digest();
}
