import { openDownloaded, type OpenDownloaded } from "../../downloads/downloaded-files.ts";
import { ModelFiles } from "../../downloads/fetch-files.ts";
import { BestEffortCache, cacheStorage, type FileCache } from "../../downloads/file-cache.ts";
import type { Fetch } from "../../downloads/request-file.ts";
import type { RetryTiming } from "../../downloads/retry.ts";
import { EngineError } from "../../shared/engine-error.ts";
import type { FoundModel, LoadedTensor, ModelDescription, ModelSource } from "./source.ts";
import { sourceOf } from "./sources.ts";

export interface LoadProgress {
  /** Bytes of weights that are there, from the cache or from the network. */
  loadedBytes: number;
  totalBytes: number;
}

export interface LoadModelOptions {
  signal: AbortSignal;
  /** The sources that models may come from: those that are shipped, unless others are given. */
  sources?: readonly ModelSource[];
  fetch?: Fetch;
  cache?: FileCache;
  /** Where models are that were downloaded as a whole. */
  openDownloaded?: OpenDownloaded;
  timing?: RetryTiming;
  onProgress?: (progress: LoadProgress) => void;
  /**
   * Bytes of weights that may be downloaded. If more would have to be, nothing is downloaded but the files that say so.
   * There is no limit unless it is given.
   */
  maxDownloadBytes?: number | undefined;
  /** The files of a local model, in any order. */
  localFiles?: readonly File[] | undefined;
  /** Called and awaited before any tensor, while the first file of weights is already being fetched. */
  onDescription?: (description: ModelDescription) => void | Promise<void>;
  /** Called in the order of the files, and awaited before the next call. */
  onTensor: (tensor: LoadedTensor) => void | Promise<void>;
}

/** A model, and what it took to load it. */
export interface LoadResult extends ModelDescription {
  /** Bytes of the weights that came over the network. */
  networkBytes: number;
  /** Why some files were not kept for the next time; undefined if all were. */
  cacheFailure: string | undefined;
}

/**
 * Loads a model tensor by tensor.
 *
 * Throws `EngineError`; `cancelled` after `signal`. Whatever `onDescription` and `onTensor` throw is passed on.
 *
 * @param url whatever a source knows as an address, such as a directory or a Hugging Face repository
 */
export async function loadModel(url: string, options: LoadModelOptions): Promise<LoadResult> {
  const source = sourceOf(url, options.sources);
  const address = source.address(url);
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const cache = new BestEffortCache(options.cache ?? cacheStorage);
  const fetchFile: Fetch = options.fetch ?? ((...args) => fetch(...args));
  const files = new ModelFiles({ fetch: fetchFile, cache, timing: options.timing }, signal);
  try {
    const { maxDownloadBytes = Infinity, localFiles = [] } = options;
    const places = { localFiles, openDownloaded: options.openDownloaded ?? openDownloaded };
    const found = await source.find(address, { files, maxDownloadBytes, ...places });
    await handOver(found, options);
    const { networkBytes } = files;
    return { ...found.description, networkBytes, cacheFailure: cache.failure };
  } finally {
    // After a failure, what is still being downloaded is of no use.
    stop.abort();
  }
}

async function handOver(
  { description, tensors }: FoundModel,
  { signal, onProgress, onDescription, onTensor }: LoadModelOptions,
): Promise<void> {
  const { weightBytes } = description;
  const coming = tensors((loadedBytes) => onProgress?.({ loadedBytes, totalBytes: weightBytes }));
  await onDescription?.(description);
  for await (const tensor of coming) {
    if (signal.aborted) throw new EngineError({ code: "cancelled" });
    await onTensor(tensor);
  }
}
