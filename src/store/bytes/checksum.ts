import { createXXHash64 } from "hash-wasm";
import type { ReadRequest } from "../../protocol/kv-store-api.ts";

/** xxHash64 of a value and of the key it is stored under, so that values do not pass for each other. */
export type Checksum = (key: ReadRequest, bytes: Uint8Array) => string;

let created: Promise<Checksum> | undefined;

/** One for the whole thread: each takes a WebAssembly memory, of which a process has only so many. */
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
