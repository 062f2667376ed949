import { md5 } from "hash-wasm";
import { decodeFloats, encodeFloats } from "../../shared/number-formats.ts";

/** What is read here of `tensor-cache.json`. */
interface TensorIndex {
  records: ShardEntry[];
}

interface ShardEntry {
  dataPath: string;
  nbytes: number;
  md5sum: string;
  records: TensorEntry[];
}

interface TensorEntry {
  dtype: string;
  format: string;
  nbytes: number;
  byteOffset: number;
}

type FetchFile = (input: RequestInfo | URL) => Promise<Response>;

/**
 * Serves a q0f16 model as q0f32, with every weight as f32. The numbers are the same, as an f32 holds every f16, and so
 * its reference is that of the q0f16 model.
 */
export async function asQ0f32(directory: string, fetchFile: FetchFile): Promise<FetchFile> {
  const config = (await (await fetchFile(`${directory}mlc-chat-config.json`)).json()) as object;
  const index = (await (await fetchFile(`${directory}tensor-cache.json`)).json()) as TensorIndex;
  const files = new Map<string, string | Uint8Array<ArrayBuffer>>();
  files.set("mlc-chat-config.json", JSON.stringify({ ...config, quantization: "q0f32" }));
  const records = [];
  for (const shard of index.records) {
    const halves = await (await fetchFile(directory + shard.dataPath)).arrayBuffer();
    const { entry, bytes } = await widened(shard, new Uint8Array(halves));
    files.set(shard.dataPath, bytes);
    records.push(entry);
  }
  files.set("tensor-cache.json", JSON.stringify({ ...index, records }));
  return (input) => {
    const { href } = new URL(input instanceof Request ? input.url : input);
    const file = files.get(href.slice(href.lastIndexOf("/") + 1));
    return file === undefined ? fetchFile(input) : Promise.resolve(new Response(file));
  };
}

/** A shard of f16 tensors as one of f32 tensors. Each tensor has twice the bytes at twice the offset. */
async function widened(shard: ShardEntry, halves: Uint8Array) {
  const bytes = encodeFloats(decodeFloats(halves, "f16"), "f32");
  const records = shard.records.map((tensor) => ({
    ...tensor,
    dtype: "float32",
    format: "raw",
    nbytes: 2 * tensor.nbytes,
    byteOffset: 2 * tensor.byteOffset,
  }));
  const entry = { ...shard, nbytes: bytes.length, md5sum: await md5(bytes), records };
  return { entry, bytes };
}
