import { md5 } from "hash-wasm";
import type { TensorDtype } from "../tensor-dtype.ts";
import { jsonBytes } from "./json-bytes.ts";

/** A tensor as it is to lie in a shard. */
export interface StoredTensor {
  name: string;
  shape: readonly number[];
  dtype: TensorDtype;
  bytes: Uint8Array;
}

/** The shards that hold the tensors, in order, and their index. */
export async function packShards(
  tensors: StoredTensor[],
  shardBytes: number,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const records: object[] = [];
  for (const group of groupBySize(tensors, shardBytes)) {
    const dataPath = `params_shard_${records.length}.bin`;
    const bytes = concatenate(group.map((tensor) => tensor.bytes));
    files.set(dataPath, bytes);
    records.push({
      dataPath,
      format: "raw-shard",
      nbytes: bytes.length,
      records: tensorRecords(group),
      md5sum: await md5(bytes),
    });
  }
  const total = tensors.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const metadata = { ParamSize: tensors.length, ParamBytes: total };
  files.set("tensor-cache.json", jsonBytes({ metadata, records }));
  return files;
}

function groupBySize(tensors: StoredTensor[], shardBytes: number): StoredTensor[][] {
  const groups: StoredTensor[][] = [];
  let room = 0;
  for (const tensor of tensors) {
    const open = groups.at(-1);
    if (open !== undefined && tensor.bytes.length <= room) open.push(tensor);
    else {
      groups.push([tensor]);
      room = shardBytes;
    }
    room -= tensor.bytes.length;
  }
  return groups;
}

const DTYPE_NAMES: Record<TensorDtype, string> = {
  f16: "float16",
  bf16: "float32",
  f32: "float32",
  u32: "uint32",
};

/** Published models give every tensor the format "f32-to-bf16", whether it is one or not. */
function tensorRecords(tensors: StoredTensor[]): object[] {
  let byteOffset = 0;
  return tensors.map(({ name, shape, dtype, bytes }) => {
    const record = {
      name,
      shape,
      dtype: DTYPE_NAMES[dtype],
      format: "f32-to-bf16",
      nbytes: bytes.length,
      byteOffset,
    };
    byteOffset += bytes.length;
    return record;
  });
}

function concatenate(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
