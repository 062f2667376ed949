import type { EngineFailure } from "../protocol/errors.ts";
import { EngineError } from "../shared/engine-error.ts";
import type { FileCache, FileKey } from "./file-cache.ts";
import { readBounded, readShard } from "./read-body.ts";
import { requestFile, type Fetch } from "./request-file.ts";
import { realTiming, withRetries, type RetryTiming } from "./retry.ts";
import type { ShardFile } from "./shard-file.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** `network` passes over the cached copy and replaces it. */
export type TextSource = "cache-first" | "network";

/** A file that is read whole. */
export interface SmallFile {
  key: FileKey;
  limitBytes: number;
}

/** A body that passed its check: what it means, and what to keep of it. */
interface Checked<T> {
  value: T;
  bytes: Bytes;
}

type Check<T> = (response: Response) => Promise<Checked<T>>;

/** Of a file's content: another copy may be better. */
const DAMAGE: readonly EngineFailure["code"][] = [
  "model-invalid",
  "model-truncated",
  "model-checksum",
  "model-file-too-large",
  "model-lfs-pointer",
];

const isDamage = (error: unknown): boolean =>
  error instanceof EngineError && DAMAGE.includes(error.failure.code);

interface FileSources {
  fetch: Fetch;
  cache: FileCache;
  timing?: RetryTiming | undefined;
}

/** The files of one model, from the cache or the network. Failures are `EngineError`s. */
export class ModelFiles {
  /** Shard bytes that came over the network and were good. */
  networkBytes = 0;
  readonly #fetch: Fetch;
  readonly #cache: FileCache;
  readonly #timing: RetryTiming;
  readonly #signal: AbortSignal;

  constructor({ fetch, cache, timing = realTiming }: FileSources, signal: AbortSignal) {
    this.#fetch = fetch;
    this.#cache = cache;
    this.#timing = timing;
    this.#signal = signal;
  }

  /** Whether the cache has the file, good or not. */
  async has(key: FileKey): Promise<boolean> {
    return (await this.#cache.match(key)) !== undefined;
  }

  /** A cached text that `read` accepts; never the network. */
  async cachedText<T>(file: SmallFile, read: (text: string) => T): Promise<T | undefined> {
    return (await this.#fromCache(file.key, this.#textCheck(file, read)))?.value;
  }

  /** A text file. What `read` refuses is not cached. */
  text<T>(file: SmallFile, read: (text: string) => T, source: TextSource): Promise<T> {
    return this.#small(file.key, this.#textCheck(file, read), source);
  }

  /** A file of a few bytes, whatever they mean. */
  bytes(file: SmallFile, source: TextSource): Promise<Bytes> {
    return this.#small(file.key, this.#bytesCheck(file), source);
  }

  /**
   * A whole shard of the right length and checksum.
   *
   * @param onBytes how much of it is there; starts over when a bad copy is replaced
   */
  async shard(shard: ShardFile, onBytes: (loaded: number) => void): Promise<Bytes> {
    const key: FileKey = { cache: "webllm/model", url: shard.url };
    const check: Check<Bytes> = async (response) => {
      const bytes = await readShard(response, shard, { onBytes, signal: this.#signal });
      return { value: bytes, bytes };
    };
    const cached = await this.#fromCache(key, check);
    if (cached) return cached.value;
    // Shards are kept in Cache Storage: a second copy in the HTTP cache would only take its room.
    const { value } = await this.#fromNetwork(key, check, "no-store");
    this.networkBytes += value.length;
    return value;
  }

  async #small<T>(key: FileKey, check: Check<T>, source: TextSource): Promise<T> {
    const cached = source === "network" ? undefined : await this.#fromCache(key, check);
    return (cached ?? (await this.#fromNetwork(key, check, "no-cache"))).value;
  }

  /** The cached copy, if it is good; a bad one is removed. */
  async #fromCache<T>(key: FileKey, check: Check<T>): Promise<Checked<T> | undefined> {
    const response = await this.#cache.match(key);
    if (response === undefined) return undefined;
    try {
      return await check(response);
    } catch (error) {
      if (!isDamage(error)) throw error;
      await this.#cache.delete(key);
      return undefined;
    }
  }

  async #fromNetwork<T>(
    key: FileKey,
    check: Check<T>,
    httpCache: RequestCache,
  ): Promise<Checked<T>> {
    const request = { signal: this.#signal, cache: httpCache };
    const attempt = async () => check(await requestFile(this.#fetch, key.url, request));
    const checked = await withRetries(attempt, this.#signal, this.#timing);
    await this.#cache.put(key, checked.bytes);
    return checked;
  }

  #textCheck<T>(file: SmallFile, read: (text: string) => T): Check<T> {
    const check = this.#bytesCheck(file);
    return async (response) => {
      const { bytes } = await check(response);
      return { value: read(new TextDecoder().decode(bytes)), bytes };
    };
  }

  #bytesCheck({ key: { url }, limitBytes }: SmallFile): Check<Bytes> {
    return async (response) => {
      const bytes = await readBounded(response, { url, limitBytes }, this.#signal);
      return { value: bytes, bytes };
    };
  }
}
