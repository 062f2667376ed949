/**
 * @file Which files a model in MLC's layout has, whatever its architecture: the engine that runs it reads them closely.
 */

import { invalid, JsonReader, shortened } from "../shared/json-reader.ts";
import { parseJson } from "../shared/parse-json.ts";
import { modelFileUrl } from "./model-url.ts";
import type { ShardFile } from "./shard-file.ts";

/** Shards have 32 MiB as a rule: this many hold more than a browser does. */
const MAX_SHARDS = 8192;

/** A shard may have to be a whole embedding. */
const SHARD_BYTES = { min: 1, max: 2 ** 32 };

const MAX_TOKENIZER_FILES = 64;

/** Files of the tokenizer that an engine reads. Either of the first two is enough. */
const TOKENIZER = "tokenizer.json";
const OLDER_TOKENIZER = "tokenizer.model";
const TOKENIZER_CONFIG = "tokenizer_config.json";

export const CONFIG_NAME = "mlc-chat-config.json";

/** Names of the index: in today's repositories, and in older ones. */
export const INDEX_NAMES = ["tensor-cache.json", "ndarray-cache.json"] as const;

/**
 * The shards that an index lists.
 *
 * @param url of the index; the shards are beside it
 * @throws EngineError `model-invalid`
 */
export function parseShards(text: string, url: string): ShardFile[] {
  const directory = new URL(".", url).href;
  const shards = JsonReader.of(parseJson(text, url), url)
    .objects("records", { most: MAX_SHARDS })
    .map((record): ShardFile => {
      const md5 = record.string("md5sum").toLowerCase();
      if (!/^[0-9a-f]{32}$/.test(md5)) throw record.problem("md5sum", "is not an MD5 in hex");
      const name = record.string("dataPath");
      return {
        url: fileUrl(directory, name, url),
        nbytes: record.integer("nbytes", SHARD_BYTES),
        md5,
      };
    });
  if (shards.length === 0) throw invalid(url, "there are no shards");
  if (new Set(shards.map((shard) => shard.url)).size < shards.length)
    throw invalid(url, "a shard is there twice");
  return shards;
}

/** A file besides weights, index and configuration. */
interface OtherFile {
  url: string;
  isOptional: boolean;
}

/**
 * The other files that a configuration names.
 *
 * @throws EngineError `model-invalid`
 */
export function parseOtherFiles(text: string, directory: string): OtherFile[] {
  const url = directory + CONFIG_NAME;
  const config = JsonReader.of(parseJson(text, url), url);
  const listed = config.strings("tokenizer_files", { most: MAX_TOKENIZER_FILES, absent: [] });
  const tokenizer = listed.includes(OLDER_TOKENIZER) && !listed.includes(TOKENIZER);
  const files: [string, boolean][] = [[tokenizer ? OLDER_TOKENIZER : TOKENIZER, false]];
  if (listed.includes(TOKENIZER_CONFIG)) files.push([TOKENIZER_CONFIG, true]);
  // Pip's own: what its KV cache is transformed with.
  if (config.has("kv_transform_basis")) files.push([config.string("kv_transform_basis"), true]);
  return files.map(([name, isOptional]) => ({ url: fileUrl(directory, name, url), isOptional }));
}

function fileUrl(directory: string, name: string, url: string): string {
  const file = modelFileUrl(directory, name);
  if (file === undefined)
    throw invalid(url, `${shortened(name)} is no file of the model's directory`);
  return file;
}
