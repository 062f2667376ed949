import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FileCache } from "../../../downloads/file-cache.ts";
import { localModelAddress } from "../../../protocol/local-model.ts";
import { NO_CACHE } from "../../testing.ts";
import { loadModel, type LoadModelOptions, type LoadResult } from "../load-model.ts";
import type { LoadedTensor } from "../source.ts";
import { GGUF_SOURCE } from "./gguf-source.ts";

/** A file of the fixtures in this folder. */
export const fixtureBytes = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))));

export const localFile = (name: string, bytes: Uint8Array<ArrayBuffer>): File =>
  new File([bytes], name, { lastModified: 1_700_000_000_000 });

interface LoadedModel extends LoadResult {
  /** Every tensor, with a copy of its bytes. */
  tensors: LoadedTensor[];
}

interface LoadOptions extends Partial<LoadModelOptions> {
  cache?: FileCache;
}

/** Loads a model, and keeps what is handed over. */
export async function loadGguf(url: string, options: LoadOptions = {}): Promise<LoadedModel> {
  const tensors: LoadedTensor[] = [];
  const { signal } = new AbortController();
  const loaded = await loadModel(url, {
    signal,
    cache: NO_CACHE,
    sources: [GGUF_SOURCE],
    onTensor: (tensor) => void tensors.push({ ...tensor, bytes: tensor.bytes.slice() }),
    ...options,
  });
  return { ...loaded, tensors };
}

/** Loads a model from local files, the first of which is named by the address. */
export const loadLocal = (files: readonly File[], options: LoadOptions = {}) =>
  loadGguf(localModelAddress(files[0] ?? localFile("none", new Uint8Array())), {
    localFiles: files,
    ...options,
  });
