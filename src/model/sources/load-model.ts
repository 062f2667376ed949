import { sha256 } from "hash-wasm";
import { assert } from "../../shared/assert.ts";
import { EngineError } from "../../shared/engine-error.ts";
import type { ModelConfig } from "../model-config.ts";
import { ModelFiles } from "../../downloads/fetch-files.ts";
import { fetchManifest } from "./mlc/fetch-manifest.ts";
import { BestEffortCache, cacheStorage, type FileCache } from "../../downloads/file-cache.ts";
import { modelDirectory } from "./model-url.ts";
import type { Fetch } from "../../downloads/request-file.ts";
import type { RetryTiming } from "../../downloads/retry.ts";
import type { TensorDtype } from "../../shared/number-formats.ts";
import { floatDtype, type FloatDtype, type TensorIndex } from "./mlc/tensor-index.ts";

export interface LoadedTensor {
  name: string;
  shape: readonly number[];
  dtype: TensorDtype;
  /** Little-endian, row-major; a view into its shard, which is let go when `onTensor` is done. */
  bytes: Uint8Array<ArrayBuffer>;
}

export interface LoadProgress {
  /** Of all shards, from cache or network. */
  loadedBytes: number;
  totalBytes: number;
}

export interface LoadModelOptions {
  signal: AbortSignal;
  fetch?: Fetch;
  cache?: FileCache;
  timing?: RetryTiming;
  onProgress?: (progress: LoadProgress) => void;
  /** Weights that may be downloaded: where there are more, none is, nor any file but the index. Absent: all. */
  maxDownloadBytes?: number | undefined;
  /** Called, and awaited, before any tensor; the first shard is already on its way. */
  onDescription?: (description: ModelDescription) => void | Promise<void>;
  /** Called in the order of the files, one call at a time. */
  onTensor: (tensor: LoadedTensor) => void | Promise<void>;
}

/** What is known of a model before its weights come. */
export interface ModelDescription {
  /** The model's directory. */
  url: string;
  config: ModelConfig;
  tokenizerJson: string;
  tokenizerConfigJson: string | undefined;
  /** What the KV cache may be transformed with, as a file; undefined without one. */
  transformBasis: Uint8Array<ArrayBuffer> | undefined;
  weightBytes: number;
  /** What weights, or their scales, are stored as. */
  floats: FloatDtype;
  /** SHA-256 of the tensor index in hex: equal for equal weights, as it holds every shard's checksum. */
  manifestHash: string;
}

export interface LoadedModel extends ModelDescription {
  /** Bytes of the weights that came over the network. */
  networkBytes: number;
  /** Why files may not have been kept for the next time. */
  cacheFailure: string | undefined;
}

/**
 * Load a model in MLC's layout, tensor by tensor: at most two shards are in memory at a time.
 *
 * Throws `EngineError`; `cancelled` after `signal`. Whatever `onDescription` and `onTensor` throw is passed on.
 *
 * @param url of the directory, or a Hugging Face repository
 */
export async function loadModel(url: string, options: LoadModelOptions): Promise<LoadedModel> {
  const directory = modelDirectory(url);
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const cache = new BestEffortCache(options.cache ?? cacheStorage);
  const fetchFile: Fetch = options.fetch ?? ((...args) => fetch(...args));
  const files = new ModelFiles({ fetch: fetchFile, cache, timing: options.timing }, signal);
  try {
    const { indexText, index, ...manifest } = await fetchManifest(files, directory, options);
    const { config, tokenizerJson, tokenizerConfigJson, transformBasis } = manifest;
    const description: ModelDescription = {
      url: directory,
      config,
      tokenizerJson,
      tokenizerConfigJson,
      transformBasis,
      weightBytes: index.weightBytes,
      floats: floatDtype(index),
      manifestHash: await sha256(indexText),
    };
    await handOver(files, { description, index }, { ...options, signal });
    return { ...description, networkBytes: files.networkBytes, cacheFailure: cache.failure };
  } finally {
    // After a failure, what is still being downloaded is of no use.
    stop.abort();
  }
}

/** Download the shards in order, one ahead of the tensors being handed over. */
async function handOver(
  files: ModelFiles,
  { description, index }: { description: ModelDescription; index: TensorIndex },
  options: LoadModelOptions,
): Promise<void> {
  const fetchShard = shardFetcher(files, index, options.onProgress);
  let next = fetchShard(0);
  await options.onDescription?.(description);
  for (const [i, shard] of index.shards.entries()) {
    const bytes = await next;
    if (i + 1 < index.shards.length) next = fetchShard(i + 1);
    for (const { byteOffset, nbytes, ...tensor } of shard.tensors) {
      if (options.signal.aborted) throw new EngineError({ code: "cancelled" });
      const view = bytes.subarray(byteOffset, byteOffset + nbytes);
      await options.onTensor({ ...tensor, bytes: view });
    }
  }
}

/** Fetch the i-th shard. A failure waits for whoever awaits it; nobody may, when an earlier one failed. */
function shardFetcher(
  files: ModelFiles,
  index: TensorIndex,
  onProgress: LoadModelOptions["onProgress"],
): (i: number) => Promise<Uint8Array<ArrayBuffer>> {
  const loaded = index.shards.map(() => 0);
  return (i) => {
    const record = index.shards[i];
    assert(record !== undefined, `there is no shard ${i}`);
    const shard = files.shard(record, (bytes) => {
      loaded[i] = bytes;
      const loadedBytes = loaded.reduce((sum, each) => sum + each, 0);
      onProgress?.({ loadedBytes, totalBytes: index.weightBytes });
    });
    shard.catch(() => undefined);
    return shard;
  };
}
