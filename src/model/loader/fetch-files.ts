import { createMD5 } from "hash-wasm";
import type { EngineFailure } from "../../protocol/errors.ts";
import { EngineError } from "../../shared/engine-error.ts";
import type { FileCache, FileKey } from "./file-cache.ts";
import { invalid } from "./json-reader.ts";
import type { ShardRecord } from "./tensor-index.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

type Bytes = Uint8Array<ArrayBuffer>;

/** `network` passes over the cached copy and replaces it. */
export type TextSource = "cache-first" | "network";

/** A body that passed its check: what it means, and what to keep of it. */
interface Checked<T> {
  value: T;
  bytes: Bytes;
}

type Check<T> = (response: Response) => Promise<Checked<T>>;

const HTML_PAGE = "an HTML page came instead of JSON";

/** Parse a body as JSON. Throws `model-invalid`, which also says that a server answered with its page. */
export function parseJson(text: string, url: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (/^\s*</.test(text)) throw invalid(url, HTML_PAGE);
    throw invalid(url, error instanceof Error ? error.message : "not JSON");
  }
}

/** Whether the failure says that there is no such file: servers of one-page apps answer with the page. */
export function isAbsent({ failure }: EngineError): boolean {
  return (
    (failure.code === "model-http-error" && failure.status === 404) ||
    (failure.code === "model-invalid" && failure.detail === HTML_PAGE)
  );
}

/** Whether a file's content is at fault: another copy may be better. */
function isDamage(error: unknown): boolean {
  const damage: EngineFailure["code"][] = ["model-invalid", "model-truncated", "model-checksum"];
  return error instanceof EngineError && damage.includes(error.failure.code);
}

/** The files of one model, from the cache or the network. Failures are `EngineError`s. */
export class ModelFiles {
  /** Shard bytes that came over the network and were good. */
  networkBytes = 0;

  constructor(
    private readonly fetch: Fetch,
    private readonly cache: FileCache,
    private readonly signal: AbortSignal,
  ) {}

  /** Whether the cache has the file, good or not. */
  async has(key: FileKey): Promise<boolean> {
    return (await this.cache.match(key)) !== undefined;
  }

  /** A cached text that `read` accepts; never the network. */
  async cachedText<T>(key: FileKey, read: (text: string) => T): Promise<T | undefined> {
    return (await this.fromCache(key, this.textCheck(key.url, read)))?.value;
  }

  /** A text file. What `read` refuses is not cached. */
  text<T>(key: FileKey, read: (text: string) => T, source: TextSource): Promise<T> {
    return this.small(key, this.textCheck(key.url, read), source);
  }

  /** A file of a few bytes, whatever they mean. */
  bytes(key: FileKey, source: TextSource): Promise<Bytes> {
    return this.small(key, this.bytesCheck(key.url), source);
  }

  private async small<T>(key: FileKey, check: Check<T>, source: TextSource): Promise<T> {
    const cached = source === "network" ? undefined : await this.fromCache(key, check);
    return (cached ?? (await this.fromNetwork(key, check, "no-cache"))).value;
  }

  /**
   * A whole shard of the right length and checksum.
   *
   * @param onBytes how much of it is there; starts over when a bad copy is replaced
   */
  async shard(shard: ShardRecord, onBytes: (loaded: number) => void): Promise<Bytes> {
    const key: FileKey = { cache: "webllm/model", url: shard.url };
    const check: Check<Bytes> = async (response) => {
      const bytes = await readShard(response, shard, { onBytes, signal: this.signal });
      return { value: bytes, bytes };
    };
    const cached = await this.fromCache(key, check);
    if (cached) return cached.value;
    // Shards are kept in Cache Storage: a second copy in the HTTP cache would only take its room.
    const { value } = await this.fromNetwork(key, check, "no-store");
    this.networkBytes += value.length;
    return value;
  }

  /** The cached copy, if it is good; a bad one is removed. */
  private async fromCache<T>(key: FileKey, check: Check<T>): Promise<Checked<T> | undefined> {
    const response = await this.cache.match(key);
    if (response === undefined) return undefined;
    try {
      return await check(response);
    } catch (error) {
      if (!isDamage(error)) throw error;
      await this.cache.delete(key);
      return undefined;
    }
  }

  private async fromNetwork<T>(
    key: FileKey,
    check: Check<T>,
    httpCache: RequestCache,
  ): Promise<Checked<T>> {
    const checked = await check(await this.request(key.url, httpCache));
    await this.cache.put(key, checked.bytes);
    return checked;
  }

  private async request(url: string, cache: RequestCache): Promise<Response> {
    const response = await this.fetch(url, { signal: this.signal, cache }).catch(
      (error: unknown) => {
        throw this.readFailure(error, { code: "model-unreachable", url });
      },
    );
    if (response.ok) return response;
    await response.body?.cancel();
    throw new EngineError({ code: "model-http-error", url, status: response.status });
  }

  private textCheck<T>(url: string, read: (text: string) => T): Check<T> {
    const check = this.bytesCheck(url);
    return async (response) => {
      const { bytes } = await check(response);
      return { value: read(new TextDecoder().decode(bytes)), bytes };
    };
  }

  private bytesCheck(url: string): Check<Bytes> {
    return async (response) => {
      const buffer = await response.arrayBuffer().catch((error: unknown) => {
        throw this.readFailure(error, { code: "model-unreachable", url });
      });
      const bytes = new Uint8Array(buffer);
      return { value: bytes, bytes };
    };
  }

  private readFailure(error: unknown, otherwise: EngineFailure): EngineError {
    return new EngineError(this.signal.aborted ? { code: "cancelled" } : otherwise, {
      cause: error,
    });
  }
}

interface Reading {
  onBytes: (loaded: number) => void;
  signal: AbortSignal;
}

async function readShard(response: Response, shard: ShardRecord, reading: Reading): Promise<Bytes> {
  const bytes = allocate(shard.nbytes);
  const md5 = (await createMD5()).init();
  let found = 0;
  const truncated = (cause?: unknown): EngineError => {
    const failure = { url: shard.url, expectedBytes: shard.nbytes, foundBytes: found };
    return new EngineError({ code: "model-truncated", ...failure }, { cause });
  };
  for await (const chunk of chunks(response, reading.signal, truncated)) {
    if (found + chunk.length <= bytes.length) bytes.set(chunk, found);
    found += chunk.length;
    if (found > bytes.length) throw truncated();
    md5.update(chunk);
    reading.onBytes(found);
  }
  if (found < bytes.length) throw truncated();
  const digest = md5.digest("hex");
  if (digest === shard.md5) return bytes;
  const { url, md5: expected } = shard;
  throw new EngineError({ code: "model-checksum", url, expected, found: digest });
}

function allocate(nbytes: number): Bytes {
  try {
    return new Uint8Array(nbytes);
  } catch (cause) {
    throw new EngineError({ code: "out-of-memory", neededBytes: nbytes }, { cause });
  }
}

/** The body piece by piece. A connection that breaks throws `broken`, an abort `cancelled`. */
async function* chunks(
  response: Response,
  signal: AbortSignal,
  broken: (cause: unknown) => EngineError,
): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      // A cached body does not know of the signal.
      if (signal.aborted) throw new EngineError({ code: "cancelled" });
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw signal.aborted ? new EngineError({ code: "cancelled" }) : broken(error);
      });
      if (done) return;
      yield value;
    }
  } finally {
    // Left early: stop the download. After the end this does nothing; after an error it rejects with it.
    await reader.cancel().catch(() => undefined);
  }
}
