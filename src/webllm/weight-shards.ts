import type { ShardFile } from "../downloads/shard-file.ts";
import { invalid, JsonReader, shortened } from "../shared/json-reader.ts";
import { parseJson } from "../shared/parse-json.ts";

/** Shards have 32 MiB as a rule: this many hold more than a browser does. */
const MAX_SHARDS = 8192;

/** A shard may have to be a whole embedding. */
const SHARD_BYTES = { min: 1, max: 2 ** 32 };

/** A name that leads nowhere but into the model's directory. */
const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,200}$/;

/**
 * The shards that `tensor-cache.json` lists. What is in them is read by WebLLM.
 *
 * @param url of the index; the shards are beside it
 * @throws EngineError `model-invalid`
 */
export function parseShards(text: string, url: string): ShardFile[] {
  const shards = JsonReader.of(parseJson(text, url), url)
    .objects("records", { most: MAX_SHARDS })
    .map((record): ShardFile => {
      const name = record.string("dataPath");
      if (!FILE_NAME.test(name))
        throw record.problem("dataPath", `${shortened(name)} is no file of the model's directory`);
      const md5 = record.string("md5sum").toLowerCase();
      if (!/^[0-9a-f]{32}$/.test(md5)) throw record.problem("md5sum", "is not an MD5 in hex");
      return { url: new URL(name, url).href, nbytes: record.integer("nbytes", SHARD_BYTES), md5 };
    });
  if (shards.length === 0) throw invalid(url, "there are no shards");
  if (new Set(shards.map((shard) => shard.url)).size < shards.length)
    throw invalid(url, "a shard is there twice");
  return shards;
}
