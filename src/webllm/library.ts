import type { FileCache } from "../downloads/file-cache.ts";
import { readBounded, stop } from "../downloads/read-body.ts";
import { requestFile, type Fetch } from "../downloads/request-file.ts";
import { realTiming, withRetries, type RetryTiming } from "../downloads/retry.ts";
import { WEBLLM_LIBRARIES } from "../protocol/webllm-libraries.ts";
import { EngineError } from "../shared/engine-error.ts";
import type { LibraryHashes } from "./library-hashes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Published libraries have 2 to 10 MB. */
const MAX_LIBRARY_BYTES = 64 * 2 ** 20;

interface LibrarySources {
  fetch: Fetch;
  cache: FileCache;
  hashes: LibraryHashes;
  timing?: RetryTiming | undefined;
}

/**
 * Has a model's compiled library ready in the cache where WebLLM looks for it, and says what it has to be.
 *
 * LB1 Only the place is taken where WebLLM's own libraries lie.
 * LB2 The hash of the first use is kept. A library that has another one later is refused, and not kept in the cache.
 * LB3 A copy in the cache that has another hash was damaged or replaced there: it is removed, and fetched again.
 * LB4 WebLLM is given the hash, and checks the very bytes that it compiles.
 *
 * @returns the hash as WebLLM takes it: `sha256-` and base64
 * @throws EngineError `library-changed`, or that it cannot be fetched
 */
export async function provideLibrary(
  url: string,
  { fetch, cache, hashes, timing = realTiming }: LibrarySources,
  signal: AbortSignal,
): Promise<string> {
  if (!isLibraryUrl(url))
    throw new EngineError({ code: "model-invalid", url, detail: "is no library of WebLLM's" });
  const key = { cache: "webllm/wasm", url } as const;
  const known = await hashes.get(url);
  const read = (response: Response) =>
    readBounded(response, { url, limitBytes: MAX_LIBRARY_BYTES }, signal);

  const cached = await cache.match(key);
  if (cached) {
    const digest = await sha256(await read(cached));
    if (known === undefined) await hashes.keep(url, digest.hex);
    if (known === undefined || known === digest.hex) return digest.integrity;
    await cache.delete(key);
  }
  const attempt = async (): Promise<Bytes> => {
    const response = await requestFile(fetch, url, { signal, cache: "no-cache" });
    return read(response).catch(async (error: unknown) => {
      await stop(response);
      throw error;
    });
  };
  const bytes = await withRetries(attempt, signal, timing);
  const { hex, integrity } = await sha256(bytes);
  if (known !== undefined && known !== hex) throw new EngineError({ code: "library-changed", url });
  if (known === undefined) await hashes.keep(url, hex);
  await cache.put(key, [bytes]);
  return integrity;
}

/** LB1: nothing in such an address leads out of the folder. */
function isLibraryUrl(url: string): boolean {
  const name = url.slice(WEBLLM_LIBRARIES.length);
  return url.startsWith(WEBLLM_LIBRARIES) && /^[A-Za-z0-9][\w.-]{0,200}\.wasm$/.test(name);
}

async function sha256(bytes: Bytes): Promise<{ hex: string; integrity: string }> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { hex, integrity: `sha256-${btoa(String.fromCharCode(...digest))}` };
}
