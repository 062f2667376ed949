import { assert } from "../../../shared/assert.ts";
import { EngineError } from "../../../shared/engine-error.ts";
import { checkDownload } from "./check-download.ts";
import { parseChatConfig, type MlcConfig } from "./chat-config.ts";
import { checkTensors } from "./check-tensors.ts";
import { expectedTensors, type ExpectedTensor } from "./expected-tensors.ts";
import type { MlcRegistry } from "./tensor-names.ts";
import type { ModelFiles, SmallFile, TextSource } from "../../../downloads/fetch-files.ts";
import { MAX_FILE_BYTES } from "./mlc-limits.ts";
import { modelFileUrl } from "../../../downloads/model-url.ts";
import { isAbsent, parseJson } from "../../../shared/parse-json.ts";
import { parseTensorIndex, type TensorIndex } from "./tensor-index.ts";

interface IndexFile {
  index: TensorIndex;
  indexText: string;
}

/** What the two files say that tell what the model is and how large, checked against each other. */
export interface Outline extends IndexFile {
  mlcConfig: MlcConfig;
  /** Where the other small files are to be taken from. */
  source: TextSource;
}

/** Everything but the weights, read and checked. */
export interface Manifest extends Outline {
  tokenizerJson: string;
  tokenizerConfigJson: string | undefined;
  /** The file of what the KV cache may be transformed with; undefined if the model has none, or if it cannot be had. */
  transformBasis: Uint8Array<ArrayBuffer> | undefined;
}

type Directory = (name: string, kind: keyof typeof MAX_FILE_BYTES) => SmallFile;

/** Names of the index: in today's repositories, and in older ones. */
const INDEX_NAMES = ["tensor-cache.json", "ndarray-cache.json"] as const;

const directoryAt =
  (directory: string): Directory =>
  (name, kind) => {
    const url = modelFileUrl(directory, name);
    assert(url !== undefined, `${name} is no file of a model`);
    const cache = kind === "config" ? "webllm/config" : "webllm/model";
    return { key: { cache, url }, limitBytes: MAX_FILE_BYTES[kind] };
  };

/** Fetches nothing but the configuration and the index, which are a few kilobytes. */
async function fetchOutline(
  files: ModelFiles,
  directory: Directory,
  registry: MlcRegistry,
): Promise<Outline> {
  const source: TextSource = (await isComplete(files, directory)) ? "cache-first" : "network";
  const config = directory("mlc-chat-config.json", "config");
  const { url } = config.key;
  const parse = (text: string) => parseChatConfig(parseJson(text, url), url, registry);
  const mlcConfig = await files.text(config, parse, source);
  const expected = expectedTensors(mlcConfig, registry);
  return { mlcConfig, source, ...(await fetchIndex(files, directory, { expected, source })) };
}

/**
 * Fetches the outline and then, if the weights that have to be downloaded are no more than was agreed to, the other
 * small files.
 *
 * @param url of the model's directory, with a final slash
 * @param maxDownloadBytes the most bytes of weights that may be downloaded
 */
export async function fetchManifest(
  files: ModelFiles,
  url: string,
  { maxDownloadBytes, registry }: { maxDownloadBytes: number; registry: MlcRegistry },
): Promise<Manifest> {
  const directory = directoryAt(url);
  const outline = await fetchOutline(files, directory, registry);
  await checkDownload(files, outline.index, { url, maxDownloadBytes });
  const { mlcConfig, source } = outline;
  const [tokenizerJson, tokenizerConfigJson, transformBasis] = await Promise.all([
    fetchJsonText(files, directory("tokenizer.json", "tokenizer"), source),
    mlcConfig.tokenizerFiles.includes("tokenizer_config.json")
      ? fetchTokenizerConfig(files, directory, source)
      : undefined,
    mlcConfig.transformBasisFile === undefined
      ? undefined
      : fetchBasis(files, directory(mlcConfig.transformBasisFile, "basis"), source),
  ]);
  return { ...outline, tokenizerJson, tokenizerConfigJson, transformBasis };
}

/**
 * Whether the cache has an index and every shard that it lists. Only then are the small files taken from the cache:
 * where shards are yet to come, an index of another day would refuse them for good.
 */
async function isComplete(files: ModelFiles, directory: Directory): Promise<boolean> {
  const cached = await cachedIndex(files, directory, (url, text) => ({
    index: parseTensorIndex(parseJson(text, url), url),
    indexText: text,
  }));
  if (cached === undefined) return false;
  for (const { url } of cached.index.shards)
    if (!(await files.has({ cache: "webllm/model", url }))) return false;
  return true;
}

function fetchJsonText(files: ModelFiles, file: SmallFile, source: TextSource): Promise<string> {
  const read = (text: string): string => {
    parseJson(text, file.key.url);
    return text;
  };
  return files.text(file, read, source);
}

/** Fetches `tokenizer_config.json`; undefined where the repository lists the file but does not have it. */
async function fetchTokenizerConfig(
  files: ModelFiles,
  directory: Directory,
  source: TextSource,
): Promise<string | undefined> {
  try {
    const file = directory("tokenizer_config.json", "tokenizerConfig");
    return await fetchJsonText(files, file, source);
  } catch (error) {
    if (error instanceof EngineError && isAbsent(error)) return undefined;
    throw error;
  }
}

/** Fetches the basis; undefined where it cannot be had, as the model answers without it. */
async function fetchBasis(files: ModelFiles, file: SmallFile, source: TextSource) {
  try {
    return await files.bytes(file, source);
  } catch (error) {
    if (error instanceof EngineError && error.failure.code !== "cancelled") return undefined;
    throw error;
  }
}

type ReadIndex = (url: string, text: string) => IndexFile;

async function fetchIndex(
  files: ModelFiles,
  directory: Directory,
  { expected, source }: { expected: readonly ExpectedTensor[]; source: TextSource },
): Promise<IndexFile> {
  const read: ReadIndex = (url, text) => {
    const index = parseTensorIndex(parseJson(text, url), url);
    checkTensors(index, expected, url);
    return { index, indexText: text };
  };
  const cached = source === "network" ? undefined : await cachedIndex(files, directory, read);
  return cached ?? (await networkIndex(files, directory, read));
}

async function cachedIndex(
  files: ModelFiles,
  directory: Directory,
  read: ReadIndex,
): Promise<IndexFile | undefined> {
  for (const name of INDEX_NAMES) {
    const file = directory(name, "index");
    const found = await files.cachedText(file, (text) => read(file.key.url, text));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Fetches the index by its new name, then by its old one. Where neither is there, the failure names the new one. */
async function networkIndex(
  files: ModelFiles,
  directory: Directory,
  read: ReadIndex,
): Promise<IndexFile> {
  let absent: unknown;
  for (const name of INDEX_NAMES)
    try {
      const file = directory(name, "index");
      return await files.text(file, (text) => read(file.key.url, text), "network");
    } catch (error) {
      if (!(error instanceof EngineError && isAbsent(error))) throw error;
      absent ??= error;
    }
  throw absent;
}
