import { areAllShardsIn, CACHE, thisCaches } from "./model-presence.ts";

/** A model that the engine has fetched by itself, because it was opened by its address. */
export interface CachedModel {
  /** In the spelling that downloads have: a directory, or a GGUF file, of one in parts the first. */
  url: string;
  /** Bytes that it takes in this browser. */
  bytes: number;
  /** Whether all of it is here. */
  isWhole: boolean;
}

/** Where the engine keeps files, in the order in which they are deleted: without its configuration nothing is loaded. */
const CACHES = ["webllm/config", CACHE] as const;

type Caches = Pick<CacheStorage, "open">;

const isGguf = (url: string): boolean => /\.gguf$/i.test(url);

/** The end of the name of a file that is one of several parts. */
const SPLIT = /-\d{5}-of-(\d{5})(\.gguf)$/i;

/**
 * The models in Cache Storage, in whatever way they came there. Nothing is asked of any server. Where the browser keeps
 * nothing or does not tell, there are none.
 */
export async function cachedModels(
  caches: Caches | undefined = thisCaches(),
): Promise<CachedModel[]> {
  try {
    const cache = await caches?.open(CACHE);
    if (!cache) return [];
    const models = new Map<string, string[]>();
    for (const file of await urlsIn(cache)) {
      const url = modelOf(file);
      models.set(url, [...(models.get(url) ?? []), file]);
    }
    return await Promise.all(Array.from(models, ([url, files]) => modelIn(cache, url, files)));
  } catch {
    return [];
  }
}

/** Removes all files of a model. @param url as in `CachedModel` */
export async function deleteCachedModel(
  url: string,
  caches: Caches | undefined = thisCaches(),
): Promise<void> {
  for (const name of CACHES) {
    const cache = await caches?.open(name);
    for (const file of cache ? await urlsIn(cache) : [])
      if (modelOf(file) === url) await cache?.delete(file);
  }
}

const urlsIn = async (cache: Cache): Promise<string[]> =>
  (await cache.keys()).map(({ url }) => url);

/** The model that a file belongs to. */
function modelOf(file: string): string {
  const path = withoutQuery(file);
  return isGguf(path)
    ? path.replace(SPLIT, "-00001-of-$1$2")
    : path.slice(0, path.lastIndexOf("/") + 1);
}

function withoutQuery(file: string): string {
  const { origin, pathname } = new URL(file);
  return origin + pathname;
}

async function modelIn(cache: Cache, url: string, files: readonly string[]): Promise<CachedModel> {
  const lengths = new Map<string, number>();
  for (const file of files) lengths.set(file, await lengthOf(cache, file));
  const bytes = sum(lengths.values());
  const isWhole = isGguf(url)
    ? await areAllPartsIn(cache, url, lengths)
    : await areAllShardsIn(cache, url);
  return { url, bytes, isWhole };
}

async function lengthOf(cache: Cache, file: string): Promise<number> {
  const length = Number((await cache.match(file))?.headers.get("content-length"));
  return Number.isSafeInteger(length) ? length : 0;
}

/** Whether each file of a split is there, with as many bytes as its record says. */
async function areAllPartsIn(
  cache: Cache,
  url: string,
  lengths: ReadonlyMap<string, number>,
): Promise<boolean> {
  const names = new Set([...lengths.keys()].map(withoutQuery));
  if (names.size !== Number(SPLIT.exec(url)?.[1] ?? 1)) return false;
  for (const name of names) {
    const record: unknown = await (await cache.match(`${name}?parts`))?.json();
    const { bytes } = (record ?? {}) as { bytes?: unknown };
    const parts = [...lengths].filter(([file]) => file.startsWith(`${name}?bytes=`));
    if (sum(parts.map(([, length]) => length)) !== bytes) return false;
  }
  return true;
}

const sum = (numbers: Iterable<number>): number => {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
};
