import type { Download } from "../../protocol/download-api.ts";
import { isLocalModel } from "../../protocol/local-model.ts";
import { isSameModel } from "../../protocol/model-address.ts";

/** Where both engines keep what they have downloaded, and what every repository of MLC's calls its first shard. */
const CACHE = "webllm/model";
const FIRST_SHARD = "params_shard_0.bin";

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
    // A GGUF file is kept in parts, which differ in the query.
    const key = url.endsWith("/") ? url + FIRST_SHARD : url;
    return (await cache.match(key, { ignoreSearch: true })) !== undefined;
  } catch {
    return true;
  }
}

/** Cache Storage is missing where the page came over plain http. */
const thisCaches = () => (globalThis as { readonly caches?: CacheStorage }).caches;
