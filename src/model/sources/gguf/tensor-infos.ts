import { BLOCK_TYPES, type BlockType } from "../../../shared/gguf-blocks.ts";
import { shortened } from "../../../shared/json-reader.ts";
import { unsupported } from "../../model-unsupported.ts";
import {
  MAX_NAME_LENGTH,
  MAX_TENSOR_RANK,
  MAX_TENSORS,
  MAX_WEIGHT_BYTES,
} from "../model-limits.ts";
import type { HeaderCursor } from "./header-cursor.ts";
import { blockType, otherTypeName } from "./tensor-types.ts";

/** A tensor, as the header of its file describes it. */
export interface TensorInfo {
  name: string;
  type: BlockType;
  /** Numbers of a row. */
  columns: number;
  /** 1 for a vector. */
  rows: number;
  /** Bytes of a row, which is a run of whole blocks. */
  rowBytes: number;
  /** Where the numbers begin and end in the file, in bytes. */
  start: number;
  end: number;
}

/** The same before it is known where the numbers of a file begin: `offset` counts from there. */
export interface DescribedTensor extends Omit<TensorInfo, "start" | "end"> {
  offset: number;
}

/** The number of tensors, of which there is at least one in a file that is no part of several. */
export const readTensorCount = (cursor: HeaderCursor): number =>
  cursor.count(MAX_TENSORS, "tensor-count", "the number of tensors");

/** Reads what the header says of each tensor. Throws `model-invalid`, or `model-unsupported` for a type. */
export function readTensorInfos(cursor: HeaderCursor, count: number): DescribedTensor[] {
  cursor.truncation = "truncated-tensor-infos";
  const names = new Set<string>();
  return Array.from({ length: count }, () => {
    const tensor = readTensorInfo(cursor);
    if (names.has(tensor.name))
      throw cursor.refused("tensor-duplicate", `tensor ${tensor.name} is there twice`);
    names.add(tensor.name);
    return tensor;
  });
}

function readTensorInfo(cursor: HeaderCursor): DescribedTensor {
  const name = shortened(cursor.string(MAX_NAME_LENGTH, "a tensor's name"), MAX_NAME_LENGTH);
  const shape = readShape(cursor, name);
  const type = readType(cursor, name);
  const [columns = 0, ...others] = shape;
  const rows = others.reduce((product, length) => product * length, 1);
  const { columns: blockColumns, bytes } = BLOCK_TYPES[type];
  const rowBytes = (columns / blockColumns) * bytes;
  if (!Number.isInteger(rowBytes))
    throw cursor.refused("tensor-size", `tensor ${name} has rows of ${columns}, not whole blocks`);
  const offset = Number(cursor.u64());
  return { name, type, columns, rows, rowBytes, offset };
}

/** The lengths of a tensor, that of its rows first. Their product is bounded before anything is made of them. */
function readShape(cursor: HeaderCursor, name: string): number[] {
  const rank = cursor.u32();
  if (rank < 1 || rank > MAX_TENSOR_RANK)
    throw cursor.refused("tensor-rank", `tensor ${name} has ${rank} dimensions`);
  const shape = Array.from({ length: rank }, () => Number(cursor.u64()));
  const size = shape.reduce((product, length) => product * length, 1);
  // A product of whole numbers that is as small as this is exact.
  if (size >= 1 && size <= MAX_WEIGHT_BYTES) return shape;
  throw cursor.refused("tensor-size", `tensor ${name} is ${shape.join(" × ")}`);
}

function readType(cursor: HeaderCursor, name: string): BlockType {
  const id = cursor.u32();
  const type = blockType(id);
  if (type) return type;
  const other = otherTypeName(id);
  if (other !== undefined) throw unsupported("quantization", other);
  throw cursor.refused("tensor-type", `tensor ${name} has type ${id}, which does not exist`);
}
