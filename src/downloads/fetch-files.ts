import type { EngineFailure } from "../protocol/errors.ts";
import { EngineError } from "../shared/engine-error.ts";
import { invalid } from "../shared/json-reader.ts";
import type { IndexRange } from "../shared/index-range.ts";
import { CHECKSUM_BYTES, checksumOf, withoutChecksum } from "./checksum-behind.ts";
import type { FileCache, FileKey } from "./file-cache.ts";
import { NOTHING_CACHED } from "./folder-files.ts";
import { checkedLength, fileState, type FileState } from "./content-range.ts";
import { readBounded, readExactly, readShard, stop } from "./read-body.ts";
import { requestFile, type Fetch } from "./request-file.ts";
import { realTiming, withRetries, type RetryTiming } from "./retry.ts";
import type { ShardFile } from "./shard-file.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Where a small file is taken from. `network` passes over a cached copy and replaces it. */
export type TextSource = "cache-first" | "network";

/** A file that is read whole. */
export interface SmallFile {
  key: FileKey;
  limitBytes: number;
}

/** A body that passed its check: what it means, and the bytes that are to be cached. */
interface Checked<T> {
  value: T;
  bytes: Bytes;
}

type Check<T> = (response: Response) => Promise<Checked<T>>;

/** Failures that lie in a file's content, so that another copy of the file may be better. */
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
  /** Bytes of shards and ranges that came over the network and passed their checks. */
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

  /** Files from the disk that `fetch` answers for, in place of these. Nothing of them is cached. */
  fromDisk(fetch: Fetch): ModelFiles {
    return new ModelFiles({ fetch, cache: NOTHING_CACHED, timing: this.#timing }, this.#signal);
  }

  /** Whether the cache holds a copy of the file, damaged or not. */
  async has(key: FileKey): Promise<boolean> {
    return (await this.#cache.match(key)) !== undefined;
  }

  /** The cached copy of a text file, if `read` accepts it. The network is never asked. */
  async cachedText<T>(file: SmallFile, read: (text: string) => T): Promise<T | undefined> {
    return (await this.#fromCache(file.key, this.#textCheck(file, read)))?.value;
  }

  /** Reads a text file from `source`. A text that `read` refuses is not cached. */
  text<T>(file: SmallFile, read: (text: string) => T, source: TextSource): Promise<T> {
    return this.#small(file.key, this.#textCheck(file, read), source);
  }

  /** Reads a small file from `source`, whatever its bytes mean. */
  bytes(file: SmallFile, source: TextSource): Promise<Bytes> {
    return this.#small(file.key, this.#bytesCheck(file), source);
  }

  /**
   * Reads a whole shard and checks its length and checksum.
   *
   * @param onBytes told how many bytes are there; the count starts over when a damaged copy is replaced
   */
  async shard(shard: ShardFile, onBytes: (loaded: number) => void): Promise<Bytes> {
    const key: FileKey = { cache: "webllm/model", url: shard.url };
    const check =
      (isStored: boolean): Check<Bytes> =>
      async (response) => {
        const reading = { onBytes, signal: this.#signal, isStored };
        const bytes = await readShard(response, shard, reading);
        return { value: bytes, bytes };
      };
    const cached = await this.#fromCache(key, check(true));
    if (cached) return cached.value;
    // Shards are kept in Cache Storage: a second copy in the HTTP cache would only take up room.
    const { value } = await this.#fromNetwork(key, check(false), "no-store");
    this.networkBytes += value.length;
    return value;
  }

  /**
   * The cached copy of a range of a file, if it is as long as the range and as `keepRange` stored it. The network is
   * never asked.
   */
  async cachedRange(key: FileKey, nbytes: number): Promise<Bytes | undefined> {
    const { url } = key;
    const check: Check<Bytes> = async (response) => {
      const reading = { onBytes: () => undefined, signal: this.#signal, isStored: true };
      const checked = { url, nbytes: nbytes + CHECKSUM_BYTES };
      const bytes = await withoutChecksum(await readExactly(response, checked, reading));
      if (bytes === undefined) throw invalid(url, "its copy in the browser's cache is damaged");
      return { value: bytes, bytes };
    };
    return (await this.#fromCache(key, check))?.value;
  }

  /**
   * Asks the server for a range of a file. Nothing is cached: see `keepRange`.
   *
   * @param range whose end may lie behind the end of the file, if its start does not
   * @param accept told what the answer says of the file before its body is read; it may throw
   * @param onBytes told how many bytes are there; the count starts over with another try
   * @throws EngineError `model-whole-only` where the server sends no parts
   */
  async networkRange(
    url: string,
    range: IndexRange,
    { accept, onBytes }: { accept: (file: FileState) => void; onBytes: (loaded: number) => void },
  ): Promise<Bytes> {
    const signal = this.#signal;
    const attempt = async () => {
      const response = await requestFile(this.#fetch, url, { signal, cache: "no-store", range });
      try {
        const nbytes = checkedLength(response, range, url);
        accept(fileState(response));
        return await readExactly(response, { url, nbytes }, { onBytes, signal });
      } catch (error) {
        await stop(response);
        throw error;
      }
    };
    const bytes = await withRetries(attempt, signal, this.#timing);
    this.networkBytes += bytes.length;
    return bytes;
  }

  /** Caches what was read and checked. */
  async keep(key: FileKey, bytes: Bytes): Promise<void> {
    await this.#cache.put(key, [bytes]);
  }

  /** Caches a range of a file, with a checksum behind it. */
  async keepRange(key: FileKey, bytes: Bytes): Promise<void> {
    await this.#cache.put(key, [bytes, await checksumOf(bytes)]);
  }

  /** Removes what is of no use any more. */
  async forget(key: FileKey): Promise<void> {
    await this.#cache.delete(key);
  }

  async #small<T>(key: FileKey, check: Check<T>, source: TextSource): Promise<T> {
    const cached = source === "network" ? undefined : await this.#fromCache(key, check);
    return (cached ?? (await this.#fromNetwork(key, check, "no-cache"))).value;
  }

  /** The cached copy, if it passes the check. A damaged copy is removed. */
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
    await this.#cache.put(key, [checked.bytes]);
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
