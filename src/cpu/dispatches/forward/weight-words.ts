import { assert } from "../../../shared/assert.ts";
import type { KernelRequest } from "../../processor-kernel.ts";
import { boundBuffer } from "../bound-buffer.ts";

/** The size of a matrix. */
export interface MatrixShape {
  rows: number;
  columns: number;
}

/** How the numbers or codes of a format are stored. The numbers are those of `kernels/weights-layout.ts`. */
const VALUES = { f32: 0, f16: 1, bf16: 2, codes4: 3, codes8: 4 } as const;
/** What stands behind codes: scales alone, pairs of a scale and a minimum, or bytes and the pairs they are factors of. */
const SCALES = { none: 0, f16: 1, bf16: 2, f32: 3, pairs: 4, bytes: 5 } as const;

interface WeightLayout {
  values: keyof typeof VALUES;
  scales: keyof typeof SCALES;
  /** Columns that share a scale; without scales as many as are read at a time. */
  groupColumns: number;
}

const PLAIN = { scales: "none", groupColumns: 8 } as const;
const CODES4 = { values: "codes4", groupColumns: 32 } as const;

/** The formats of `shaders/forward/weight-format.ts`. */
const LAYOUTS: Readonly<Record<string, WeightLayout>> = {
  f32: { values: "f32", ...PLAIN },
  f16: { values: "f16", ...PLAIN },
  bf16: { values: "bf16", ...PLAIN },
  "q4-f16": { ...CODES4, scales: "f16" },
  "q4-bf16": { ...CODES4, scales: "bf16" },
  "q4-f32": { ...CODES4, scales: "f32" },
  "affine4-f16": { ...CODES4, scales: "pairs" },
  "affine4-k": { ...CODES4, scales: "bytes" },
  "affine8-f16": { values: "codes8", scales: "pairs", groupColumns: 32 },
  "affine8-k": { values: "codes8", scales: "bytes", groupColumns: 16 },
};

const VALUE_BITS = { f32: 32, f16: 16, bf16: 16, codes4: 4, codes8: 8 } as const;

/** Columns of a matrix that a thread's scratch memory has room for. */
const MOST_COLUMNS = 32_768;

/** The layout of the format among a kernel's options. */
function weightLayout({ options }: KernelRequest): WeightLayout {
  const layout = LAYOUTS[String(options["format"])];
  assert(layout !== undefined, `there is no format ${String(options["format"])}`);
  return layout;
}

/** The words that say where and how a matrix lies. `kernels/weights-layout.ts` reads them. */
export function weightWords(request: KernelRequest, shape: MatrixShape): number[] {
  const { rows, columns } = shape;
  const { at } = boundBuffer(request, "weights");
  const { values, scales, groupColumns } = weightLayout(request);
  assert(columns <= MOST_COLUMNS, `${columns} columns are too many`);
  assert(columns % groupColumns === 0, `${columns} columns are not whole groups`);
  const scalesAt = at + (rows * columns * VALUE_BITS[values]) / 8;
  const pairsAt = scalesAt + (scales === "bytes" ? (2 * rows * columns) / groupColumns : 0);
  return [VALUES[values], SCALES[scales], groupColumns, columns, at, scalesAt, pairsAt];
}
