import type { Quantization } from "./chat-config.ts";
import { ModelFiles } from "./fetch-files.ts";
import { fetchOutline } from "./fetch-manifest.ts";
import { BestEffortCache, cacheStorage, readOnly, type FileCache } from "./file-cache.ts";
import { modelDirectory } from "./model-url.ts";
import type { Fetch } from "./request-file.ts";
import type { RetryTiming } from "./retry.ts";

/** What a model is and how much of it is yet to be downloaded. */
export interface ModelInspection {
  /** The model's directory. */
  url: string;
  architecture: "llama";
  quantization: Quantization;
  weightBytes: number;
  /** Of the weights, what the browser's cache has. It is checked when the model is loaded. */
  cachedBytes: number;
}

interface InspectModelOptions {
  signal: AbortSignal;
  fetch?: Fetch;
  cache?: FileCache;
  timing?: RetryTiming;
}

/**
 * Look at a model before it is downloaded: its configuration and its tensor index are read and nothing else, and
 * nothing is kept of them.
 *
 * Throws `EngineError`, as `loadModel` does for what is wrong in these two files.
 *
 * @param url of the directory, or a Hugging Face repository
 */
export async function inspectModel(
  url: string,
  options: InspectModelOptions,
): Promise<ModelInspection> {
  const directory = modelDirectory(url);
  const cache = readOnly(new BestEffortCache(options.cache ?? cacheStorage));
  const fetchFile: Fetch = options.fetch ?? ((...args) => fetch(...args));
  const files = new ModelFiles({ fetch: fetchFile, cache, timing: options.timing }, options.signal);
  const { config, index } = await fetchOutline(files, directory);
  let cachedBytes = 0;
  for (const shard of index.shards)
    if (await files.has({ cache: "webllm/model", url: shard.url })) cachedBytes += shard.nbytes;
  const { architecture, quantization } = config;
  return {
    url: directory,
    architecture,
    quantization,
    weightBytes: index.weightBytes,
    cachedBytes,
  };
}
