/**
 * WebLLM's names for its caches, whose keys are the full URLs of files. As the names are the same here, one download
 * serves both programs.
 */
export type CacheName = "webllm/config" | "webllm/model" | "webllm/wasm";

export interface FileKey {
  cache: CacheName;
  url: string;
}

/**
 * Whole, checked files by URL. Any call may reject: because of the quota, in private mode, or in an insecure context.
 */
export interface FileCache {
  match(key: FileKey): Promise<Response | undefined>;
  /** @param pieces of the file, one behind the other. They must not change until the call is settled. */
  put(key: FileKey, pieces: readonly Uint8Array<ArrayBuffer>[]): Promise<void>;
  delete(key: FileKey): Promise<void>;
}

/** A cache that also takes files from the disk, which need not be in memory as a whole. */
export interface DownloadCache extends FileCache {
  putFile(key: FileKey, file: Blob): Promise<void>;
  /** Removes the parts of a file: their keys are its URL with a query behind it. */
  deleteParts(url: string): Promise<void>;
}

/** The browser's Cache Storage. In an insecure context there is none, and every call rejects. */
export const cacheStorage: DownloadCache = {
  async match({ cache, url }) {
    return (await caches.open(cache)).match(url);
  },
  async put({ cache, url }, pieces) {
    const headers = headersOf(
      url,
      pieces.reduce((sum, { length }) => sum + length, 0),
    );
    // A response of bytes has a copy of them until it is collected, and many of them together are as large as a model.
    await (await caches.open(cache)).put(url, new Response(streamOf(pieces), { headers }));
  },
  async putFile({ cache, url }, file) {
    const response = new Response(file.stream(), { headers: headersOf(url, file.size) });
    await (await caches.open(cache)).put(url, response);
  },
  async deleteParts(url) {
    const cache = await caches.open("webllm/model");
    for (const request of await cache.keys())
      if (request.url.startsWith(`${url}?`)) await cache.delete(request);
  },
  async delete({ cache, url }) {
    await (await caches.open(cache)).delete(url);
  },
};

const headersOf = (url: string, bytes: number): Record<string, string> => ({
  "content-type": url.endsWith(".json") ? "application/json" : "application/octet-stream",
  "content-length": String(bytes),
});

/** Bytes that a stream hands over at a time. */
const STREAMED_BYTES = 2 ** 18;

/** The bytes of pieces, in small parts that are taken one at a time. */
function streamOf(pieces: readonly Uint8Array<ArrayBuffer>[]): ReadableStream<Uint8Array> {
  const parts = partsOfPieces(pieces);
  return new ReadableStream(
    {
      pull(controller) {
        const { done, value } = parts.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}

function* partsOfPieces(
  pieces: readonly Uint8Array<ArrayBuffer>[],
): Generator<Uint8Array, undefined> {
  for (const piece of pieces)
    for (let at = 0; at < piece.length; at += STREAMED_BYTES)
      yield piece.subarray(at, at + STREAMED_BYTES);
}

/** A cache whose failures do not stop a load. What went wrong first is kept in `failure`. */
export class BestEffortCache implements FileCache {
  failure: string | undefined;
  readonly #cache: FileCache;
  readonly #stored: FileKey[] = [];

  constructor(cache: FileCache) {
    this.#cache = cache;
  }

  async match(key: FileKey): Promise<Response | undefined> {
    return this.#attempt(() => this.#cache.match(key));
  }

  async put(key: FileKey, pieces: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    if (this.failure !== undefined) return;
    await this.#attempt(() => this.#cache.put(key, pieces));
    this.#stored.push(key);
    if (this.#hasFailed()) await this.#makeRoom();
  }

  async delete(key: FileKey): Promise<void> {
    await this.#attempt(() => this.#cache.delete(key));
  }

  /**
   * Removes what was stored: half a model on a full disk is of no use, and conversations are saved on the same disk.
   */
  async #makeRoom(): Promise<void> {
    for (const key of this.#stored.splice(0)) await this.delete(key);
  }

  #hasFailed(): boolean {
    return this.failure !== undefined;
  }

  async #attempt<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await call();
    } catch (error) {
      this.failure ??= String(error);
      return undefined;
    }
  }
}
