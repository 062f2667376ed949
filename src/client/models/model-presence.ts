import type { Download } from "../../protocol/download-api.ts";
import { isLocalModel } from "../../protocol/local-model.ts";
import { isSameModel } from "../../protocol/model-address.ts";

/** Where both engines keep what they have downloaded, and what MLC's repositories call the index of their shards. */
export const CACHE = "webllm/model";
const INDEX_NAMES = ["tensor-cache.json", "ndarray-cache.json"];
/** No model has more shards, and no index that was kept is longer than this. */
const MOST_SHARDS = 10_000;

interface Surroundings {
  /** Addresses of the models that are part of the page. */
  embedded: readonly string[];
  downloads: readonly Pick<Download, "url" | "state">[];
  caches?: Pick<CacheStorage, "open"> | undefined;
}

/**
 * Whether the weights of a model are still in this browser. A file of the person's counts as here: whether it can be read
 * shows when it is opened. Where the browser does not tell, so does every other model.
 */
export async function isModelHere(
  url: string,
  { embedded, downloads, caches = thisCaches() }: Surroundings,
): Promise<boolean> {
  if (embedded.includes(url) || isLocalModel(url) || !caches) return true;
  if (downloads.some((one) => one.state === "done" && isSameModel(one.url, url))) return true;
  try {
    const cache = await caches.open(CACHE);
    if (url.endsWith("/")) return await areAllShardsIn(cache, url);
    // A GGUF file is kept in parts, which differ in the query.
    return (await cache.match(url, { ignoreSearch: true })) !== undefined;
  } catch {
    return true;
  }
}

/** Whether the index of a directory's shards is there, and each shard that it names. */
export async function areAllShardsIn(cache: Cache, directory: string): Promise<boolean> {
  const indices = await Promise.all(INDEX_NAMES.map((name) => cache.match(directory + name)));
  const index = indices.find((one) => one !== undefined);
  if (!index) return false;
  const shards = shardsOf(await index.json());
  const kept = new Set((await cache.keys()).map((request) => request.url));
  return shards.length > 0 && shards.every((name) => kept.has(new URL(name, directory).href));
}

/** The names of the shards. What is no index names none. */
function shardsOf(index: unknown): string[] {
  const { records } = (index ?? {}) as { records?: unknown };
  if (!Array.isArray(records) || records.length > MOST_SHARDS) return [];
  return records.map((record: unknown) => {
    const { dataPath } = (record ?? {}) as { dataPath?: unknown };
    return typeof dataPath === "string" ? dataPath : "";
  });
}

/** Cache Storage is missing where the page came over plain http. */
export const thisCaches = () => (globalThis as { readonly caches?: CacheStorage }).caches;
