import { ModelFiles, type TextSource } from "../downloads/fetch-files.ts";
import { fetchInOrder, type FetchPart } from "../downloads/fetch-in-order.ts";
import type { CacheName, FileCache } from "../downloads/file-cache.ts";
import { CONFIG_NAME, INDEX_NAMES, parseShards } from "../downloads/mlc-file-list.ts";
import type { Fetch } from "../downloads/request-file.ts";
import type { RetryTiming } from "../downloads/retry.ts";
import type { ShardFile } from "../downloads/shard-file.ts";
import { EngineError } from "../shared/engine-error.ts";
import { parseWebLlmConfig, type WebLlmConfig } from "./chat-config.ts";

const MIB = 2 ** 20;

/** Bytes of each kind of file that is read whole, several times what published ones have. */
const MAX_BYTES = { config: MIB, index: 16 * MIB, tokenizer: 64 * MIB, manifest: MIB };

export interface FileSources {
  fetch: Fetch;
  cache: FileCache;
  timing?: RetryTiming | undefined;
}

interface FetchTerms {
  /** Name of the file that describes the model, for a model that has one. */
  manifest: string | undefined;
  maxDownloadBytes: number;
  onBytes: (loadedBytes: number, totalBytes: number) => void;
  signal: AbortSignal;
}

/** What is known of a model when all of its files are in the cache. */
export interface WebLlmFiles {
  config: WebLlmConfig;
  weightBytes: number;
  /** Bytes of the weights that came over the network. */
  networkBytes: number;
}

/**
 * Brings all files of a model into the cache where WebLLM looks for them, so that it fetches nothing by itself: here sizes
 * are known and agreed to before anything comes, bytes are counted, and shards are checked.
 *
 * Small files are taken from the cache only where every shard is there, so that those of two revisions never mix.
 *
 * @param directory of the model, with a final slash
 * @throws EngineError `download-not-agreed`, or whatever a download can fail by
 */
export async function fetchModelFiles(
  directory: string,
  sources: FileSources,
  { manifest, maxDownloadBytes, onBytes, signal }: FetchTerms,
): Promise<WebLlmFiles> {
  const files = new ModelFiles(sources, signal);
  const file = (name: string, kind: keyof typeof MAX_BYTES) => {
    const cache: CacheName =
      kind === "index" || kind === "tokenizer" ? "webllm/model" : "webllm/config";
    return { key: { cache, url: directory + name }, limitBytes: MAX_BYTES[kind] };
  };
  // WebLLM knows the index by its newer name only.
  const index = file(INDEX_NAMES[0], "index");
  const shardsOf = (text: string) => parseShards(text, index.key.url);
  const cached = await files.cachedText(index, shardsOf);
  const isComplete = cached !== undefined && (await missing(files, cached)).length === 0;
  const source: TextSource = isComplete ? "cache-first" : "network";

  const configFile = file(CONFIG_NAME, "config");
  const config = await files.text(
    configFile,
    (text) => parseWebLlmConfig(text, configFile.key.url),
    source,
  );
  const shards = isComplete ? cached : await files.text(index, shardsOf, "network");
  const toFetch = await missing(files, shards);
  const downloadBytes = bytesOf(toFetch);
  if (downloadBytes > maxDownloadBytes)
    throw new EngineError({ code: "download-not-agreed", url: directory, downloadBytes });
  await files.bytes(file(config.tokenizerFile, "tokenizer"), source);
  if (manifest !== undefined) await files.bytes(file(manifest, "manifest"), source);

  const weightBytes = bytesOf(shards);
  const here = weightBytes - downloadBytes;
  const parts = toFetch.map(
    (shard): FetchPart =>
      (told) =>
        files.shard(shard, told),
  );
  // Each shard is in the cache as soon as it was checked. Nothing else is to be done with its bytes.
  const coming = fetchInOrder(parts, (loaded) => onBytes(here + loaded, weightBytes));
  const shardsToCome = coming[Symbol.asyncIterator]();
  while ((await shardsToCome.next()).done !== true)
    if (signal.aborted) throw new EngineError({ code: "cancelled" });
  return { config, weightBytes, networkBytes: files.networkBytes };
}

async function missing(files: ModelFiles, shards: readonly ShardFile[]): Promise<ShardFile[]> {
  const absent: ShardFile[] = [];
  for (const shard of shards)
    if (!(await files.has({ cache: "webllm/model", url: shard.url }))) absent.push(shard);
  return absent;
}

const bytesOf = (shards: readonly ShardFile[]): number =>
  shards.reduce((sum, { nbytes }) => sum + nbytes, 0);
