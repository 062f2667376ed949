import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import { BLOCK_TYPES, type BlockType } from "../../src/shared/gguf-blocks.ts";
import { AFFINE_FORMATS, affineConstants } from "../forward/affine-format.ts";
import { isAffineFormat, type WeightFormat } from "../forward/weight-format.ts";
import blocksK from "./blocks-k.wgsl?raw";
import blocksQ6K from "./blocks-q6-k.wgsl?raw";
import blocksScaled from "./blocks-scaled.wgsl?raw";
import blocks from "./blocks.wgsl?raw";
import repackCodes from "./repack-codes.wgsl?raw";
import repackCopy from "./repack-copy.wgsl?raw";
import repackValues from "./repack-values.wgsl?raw";
import valuesOfCodes from "./values-of-codes.wgsl?raw";
import valuesOfFloats from "./values-of-floats.wgsl?raw";

export type RepackBinding = "blocks" | "weights" | "params";

/** Most bytes of blocks that one dispatch takes. */
export const MAX_RUN_BYTES = 8 * 2 ** 20;

const WORKGROUP = 8; // units of a row and rows, the same as in the kernels

/** Most rows that one dispatch takes: every device has 65,535 workgroups along each side. */
export const MAX_RUN_ROWS = 65_535 * WORKGROUP;

interface BlockReader {
  wgsl: string;
  constants: Record<string, number | boolean>;
}

const scaled = (CODE_BITS: number, ZERO: number, HAS_MINIMUM: boolean): BlockReader => ({
  wgsl: blocksScaled,
  constants: { CODE_BITS, ZERO, HAS_MINIMUM },
});

/** How the blocks of each quantized type are read. ZERO is the code that stands for the minimum. */
const READERS: Partial<Record<BlockType, BlockReader>> = {
  Q4_0: scaled(4, 8, false),
  Q4_1: scaled(4, 0, true),
  Q5_0: scaled(5, 16, false),
  Q5_1: scaled(5, 0, true),
  Q8_0: scaled(8, 128, false),
  Q4_K: { wgsl: blocksK, constants: { CODE_BITS: 4, ZERO: 0 } },
  Q5_K: { wgsl: blocksK, constants: { CODE_BITS: 5, ZERO: 0 } },
  Q6_K: { wgsl: blocksQ6K, constants: { ZERO: 32 } },
};

/** The types whose blocks are numbers. */
const FLOAT_TYPES: Partial<Record<BlockType, WeightFormat>> = {
  F16: "f16",
  BF16: "bf16",
  F32: "f32",
};

/**
 * The kernel that puts blocks of a type into a matrix of a format, which must be one that `formatHolding` gives for types
 * among which this one is.
 */
export function repackSource(type: BlockType, format: WeightFormat): KernelSource<RepackBinding> {
  const { wgsl, constants } = repackParts(type, format);
  return {
    label: `repack ${type} to ${format}`,
    name: "repack",
    options: { type, format },
    wgsl: [blocks, ...wgsl],
    constants,
    bindings: { blocks: "read", weights: "write", params: "uniform" },
  };
}

function repackParts(
  type: BlockType,
  format: WeightFormat,
): { wgsl: string[]; constants: Record<string, number | boolean> } {
  const reader = READERS[type];
  const unit = { UNIT_COLUMNS: unitColumns(type, format) };
  if (reader === undefined) {
    if (isCopied(type, format)) return { wgsl: [repackCopy], constants: unit };
    assert(format === "f32" && type !== "F32", `${type} cannot become ${format}`);
    const constants = { ...unit, BFLOATS: type === "BF16", TO_HALVES: false };
    return { wgsl: [valuesOfFloats, repackValues], constants };
  }
  const common = { ...unit, ...reader.constants, BLOCK_BYTES: BLOCK_TYPES[type].bytes };
  if (isAffineFormat(format)) {
    const { bits } = AFFINE_FORMATS[format];
    const constants = { ...common, ...affineConstants(format), CODES_OF_WORD: 32 / bits };
    return { wgsl: [reader.wgsl, repackCodes], constants };
  }
  assert(format === "f16" || format === "f32", `${type} cannot become ${format}`);
  const constants = { ...common, TO_HALVES: format === "f16" };
  return { wgsl: [reader.wgsl, valuesOfCodes, repackValues], constants };
}

const isCopied = (type: BlockType, format: WeightFormat): boolean => FLOAT_TYPES[type] === format;

/**
 * The columns that one invocation writes: those that have a word of scales, or a group of those that become numbers. Floats
 * are copied by four words, and converted by eight.
 */
function unitColumns(type: BlockType, format: WeightFormat): number {
  if (isCopied(type, format)) return 16 / BLOCK_TYPES[type].bytes;
  if (!isAffineFormat(format)) return READERS[type] ? 16 : 8;
  const { groupColumns, pairColumns } = AFFINE_FORMATS[format];
  return pairColumns > groupColumns ? 2 * groupColumns : groupColumns;
}

/** A run of rows of a weight, as `LoadedBlocks` describes them. */
export interface RepackRun {
  type: BlockType;
  format: WeightFormat;
  rows: number;
  columns: number;
  firstRow: number;
  /** Rows of the whole weight. */
  weightRows: number;
  interleavedHeadDim: number | undefined;
}

/** Contents of the kernel's `params` uniform. */
export function repackParams(run: RepackRun): Uint32Array<ArrayBuffer> {
  const { rows, columns, firstRow, weightRows, interleavedHeadDim = 0 } = run;
  return Uint32Array.of(rows, columns, firstRow, weightRows, interleavedHeadDim);
}

/** @param run of at most MAX_RUN_BYTES and MAX_RUN_ROWS */
export function repackGrid({ type, format, rows, columns }: RepackRun): Grid {
  const units = columns / unitColumns(type, format);
  assert(Number.isInteger(units), `${columns} columns of ${type} cannot become ${format}`);
  return [Math.ceil(units / WORKGROUP), Math.ceil(rows / WORKGROUP)];
}

/** The row of the weight that a row of the file becomes. @param row counted from the weight's first row */
export function weightRow(row: number, interleavedHeadDim: number | undefined): number {
  if (interleavedHeadDim === undefined) return row;
  const inHead = row % interleavedHeadDim;
  return row - inHead + Math.floor(inHead / 2) + (inHead % 2) * (interleavedHeadDim / 2);
}
