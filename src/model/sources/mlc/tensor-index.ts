import { invalid, JsonReader, shortened, type Bounds } from "../../../shared/json-reader.ts";
import {
  MAX_NAME_LENGTH,
  MAX_TENSOR_RANK,
  MAX_TENSORS,
  MAX_WEIGHT_BYTES,
} from "../model-limits.ts";
import { MAX_PADDING_BYTES, MAX_SHARD_BYTES, MAX_SHARDS } from "./mlc-limits.ts";
import { modelFileUrl } from "../../../downloads/model-url.ts";
import type { ShardFile } from "../../../downloads/shard-file.ts";
import { DTYPE_BYTES, type TensorDtype } from "../../tensor-dtype.ts";

/** Where one tensor lies inside its shard, row-major and little-endian. */
export interface TensorRecord {
  name: string;
  shape: number[];
  dtype: TensorDtype;
  byteOffset: number;
  nbytes: number;
}

export interface ShardRecord extends ShardFile {
  tensors: TensorRecord[];
}

export interface TensorIndex {
  shards: ShardRecord[];
  /** Bytes of all shards. */
  weightBytes: number;
}

/**
 * Reads `tensor-cache.json`, or `ndarray-cache.json`, which is its older name. Throws `model-invalid`.
 *
 * Source: `TensorCacheMetadata` of TVM.
 *
 * @param url of the index; the shards are beside it
 */
export function parseTensorIndex(json: unknown, url: string): TensorIndex {
  const shards = JsonReader.of(json, url)
    .objects("records", { most: MAX_SHARDS })
    .map((record) => readShard(record, url));
  if (shards.length === 0) throw invalid(url, "there are no shards");
  refuseRepeats(
    shards.map((shard) => shard.url),
    "shard",
    url,
  );
  const names = shards.flatMap((shard) => shard.tensors.map((tensor) => tensor.name));
  refuseRepeats(names, "tensor", url);
  if (names.length > MAX_TENSORS)
    throw invalid(url, `there are ${names.length} tensors, more than ${MAX_TENSORS}`);
  const weightBytes = shards.reduce((sum, shard) => sum + shard.nbytes, 0);
  if (weightBytes > MAX_WEIGHT_BYTES)
    throw invalid(url, `all shards have ${weightBytes} bytes, more than ${MAX_WEIGHT_BYTES}`);
  return { shards, weightBytes };
}

const SHARD_BYTES: Bounds = { min: 1, max: MAX_SHARD_BYTES };
const BYTE_OFFSET: Bounds = { min: 0, max: MAX_SHARD_BYTES };

function readShard(record: JsonReader, indexUrl: string): ShardRecord {
  const format = record.string("format");
  if (format !== "raw-shard")
    throw record.problem("format", `${shortened(format)} is not raw-shard`);
  const md5 = record.string("md5sum").toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(md5)) throw record.problem("md5sum", "is not an MD5 in hex");
  const nbytes = record.integer("nbytes", SHARD_BYTES);
  const tensors = record
    .objects("records", { most: MAX_TENSORS })
    .map((tensor) => readTensor(tensor, nbytes));
  refuseOverlap(record, tensors, nbytes);
  return { url: shardUrl(record, indexUrl), nbytes, md5, tensors };
}

/** The URL of a shard. Shards lie in the model's directory, so that an index cannot send the download elsewhere. */
function shardUrl(record: JsonReader, indexUrl: string): string {
  const dataPath = record.string("dataPath");
  const url = modelFileUrl(new URL(".", indexUrl).href, dataPath);
  if (url === undefined)
    throw record.problem("dataPath", `${shortened(dataPath)} is no file of the model's directory`);
  return url;
}

function readTensor(record: JsonReader, shardBytes: number): TensorRecord {
  const name = readName(record);
  const shape = [...record.integers("shape", { bounds: SHARD_BYTES, most: MAX_TENSOR_RANK })];
  const dtype = readDtype(record);
  const nbytes = record.integer("nbytes", SHARD_BYTES);
  const byteOffset = record.integer("byteOffset", BYTE_OFFSET);
  // The product may be too large to be exact, and is then far more than a shard can have.
  const size = shape.reduce((product, length) => product * length, DTYPE_BYTES[dtype]);
  if (nbytes !== size)
    throw record.problem("nbytes", `of ${name} is ${nbytes}, its shape says ${size}`);
  if (byteOffset + nbytes > shardBytes)
    throw record.problem("byteOffset", `of ${name} leads past the shard's ${shardBytes} bytes`);
  return { name, shape, dtype, byteOffset, nbytes };
}

function readName(record: JsonReader): string {
  const name = record.string("name");
  if (name.length <= MAX_NAME_LENGTH) return name;
  throw record.problem("name", `has ${name.length} letters, more than ${MAX_NAME_LENGTH}`);
}

/** Throws where tensors overlap or leave bytes between them, except for the few that align the next tensor. */
function refuseOverlap(record: JsonReader, tensors: TensorRecord[], shardBytes: number): void {
  let end = 0;
  for (const tensor of tensors.toSorted((a, b) => a.byteOffset - b.byteOffset)) {
    if (tensor.byteOffset < end)
      throw record.problem("records", `has ${tensor.name} on top of another tensor`);
    refuseGap(record, tensor.byteOffset - end);
    end = tensor.byteOffset + tensor.nbytes;
  }
  refuseGap(record, shardBytes - end);
}

function refuseGap(record: JsonReader, bytes: number): void {
  if (bytes > MAX_PADDING_BYTES)
    throw record.problem("nbytes", `has ${bytes} bytes in one place that belong to no tensor`);
}

/**
 * Reads the format of a tensor. The field `format` says bf16 also of tensors that are not: it means it only together
 * with float32.
 */
function readDtype(record: JsonReader): TensorDtype {
  const dtype = record.string("dtype");
  if (dtype === "float16") return "f16";
  if (dtype === "uint32") return "u32";
  if (dtype === "float32") return record.string("format") === "f32-to-bf16" ? "bf16" : "f32";
  throw record.problem("dtype", `${shortened(dtype)} is unknown`);
}

function refuseRepeats(names: string[], what: string, url: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw invalid(url, `${what} ${name} is there twice`);
    seen.add(name);
  }
}

export type FloatDtype = Exclude<TensorDtype, "u32">;

/** The format of all floats of a model. `checkTensors` has made sure that there is only one. */
export function floatDtype(index: TensorIndex): FloatDtype {
  const dtypes = index.shards.flatMap(({ tensors }) => tensors.map(({ dtype }) => dtype));
  return dtypes.find((dtype) => dtype !== "u32") ?? "f32";
}
