import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import linearOutputByParams from "./linear-output-by-params.wgsl?raw";
import linearOutput from "./linear-output.wgsl?raw";
import matmulBroadcast from "./matmul-broadcast.wgsl?raw";
import matmulTiled from "./matmul-tiled.wgsl?raw";
import matvecBroadcast from "./matvec-broadcast.wgsl?raw";
import matvec from "./matvec.wgsl?raw";
import { reduceSnippet, type LaneSharing } from "../reduce.ts";
import { weightSnippet, type WeightFormat } from "./weight-format.ts";

/** What a linear layer does with the rows that it computed. linear-output.wgsl has the formulas. */
export type LinearOutput = "store" | "add" | "swiglu";

const OUTPUT: Record<LinearOutput, number> = { store: 0, add: 1, swiglu: 2 };

/** Output rows per invocation. */
const QUAD = 4;

export interface LinearShape {
  /** Number of rows of the weights. For `swiglu` both halves count. */
  rows: number;
  columns: number;
}

function assertShape({ rows, columns }: LinearShape): void {
  assert(rows % QUAD === 0, `${rows} rows are not a multiple of ${QUAD}`);
  assert(columns % 8 === 0, `${columns} columns are not a multiple of 8`);
}

export type MatmulBinding = "weights" | "x" | "y" | "params" | "step";

const MATMUL_BINDINGS = {
  weights: "read",
  x: "read",
  y: "write",
  params: "uniform",
  step: "uniform",
} as const;

/** A kernel for matrix products of many tokens. */
export interface MatmulVariant {
  /** The format in which x is multiplied. Sums are in f32. */
  inputs: "f32" | "f16";
  source(format: WeightFormat, output: LinearOutput): KernelSource<MatmulBinding>;
  grid(shape: LinearShape, tokens: number): Grid;
}

function matmulSource(
  name: string,
  body: string,
  extra: Pick<KernelSource<MatmulBinding>, "features"> & {
    constants?: Record<string, number>;
    nativeHalves?: boolean;
    outputByParams?: boolean;
  },
): MatmulVariant["source"] {
  const { outputByParams = false } = extra;
  return (format, output) => {
    const weights = weightSnippet(format, extra.nativeHalves);
    return {
      label: [name, format, ...(outputByParams ? [] : [output])].join(" "),
      name: "matmul",
      options: { format },
      wgsl: [weights.wgsl, outputByParams ? linearOutputByParams : linearOutput, body],
      constants: {
        ...weights.constants,
        ...extra.constants,
        ...(!outputByParams && { OUTPUT: OUTPUT[output] }),
      },
      features: extra.features ?? [],
      bindings: MATMUL_BINDINGS,
    };
  };
}

const TILE_QUADS = 16; // the same as in matmul-tiled.wgsl
const TILE_TOKENS = 64;

/** The variant for GPUs: tiles go through workgroup memory. It needs no feature. */
export const MATMUL_TILED: MatmulVariant = {
  inputs: "f32",
  source: matmulSource("matmul-tiled", matmulTiled, {}),
  grid(shape, tokens) {
    assertShape(shape);
    return [Math.ceil(shape.rows / QUAD / TILE_QUADS), Math.ceil(tokens / TILE_TOKENS)];
  },
};

const BROADCAST_TOKENS = 16; // the same as in matmul-broadcast.wgsl
const BROADCAST_WORKGROUP = 8;

/** The variant for software adapters, with subgroup broadcasts instead of workgroup memory. It needs `subgroups`. */
export const MATMUL_BROADCAST: MatmulVariant = {
  inputs: "f32",
  source: matmulSource("matmul-broadcast", matmulBroadcast, {
    constants: { WORKGROUP: BROADCAST_WORKGROUP },
    features: ["subgroups"],
    nativeHalves: false,
    outputByParams: true,
  }),
  grid(shape, tokens) {
    assertShape(shape);
    return [
      Math.ceil(shape.rows / QUAD / BROADCAST_WORKGROUP),
      Math.ceil(tokens / BROADCAST_TOKENS),
    ];
  },
};

export type MatvecBinding = "weights" | "x" | "gain" | "y" | "params" | "step";

const MATVEC_BINDINGS = {
  weights: "read",
  x: "read",
  gain: "read",
  y: "write",
  params: "uniform",
  step: "uniform",
} as const;

/** A kernel for matrix-vector products of one token. With `norm` the RMSNorm before the layer is folded in. */
export interface MatvecVariant {
  source(
    format: WeightFormat,
    output: LinearOutput,
    options: { norm: boolean },
  ): KernelSource<MatvecBinding>;
  grid(shape: LinearShape): Grid;
}

/** The variant for GPUs: several lanes share a quad of rows and add up their sums. */
export function matvecShared(sharing: LaneSharing): MatvecVariant {
  const reduce = reduceSnippet(sharing);
  return {
    source(format, output, { norm }) {
      const weights = weightSnippet(format);
      return {
        label: `matvec ${format} ${norm ? "norm " : ""}${output}`,
        name: "matvec",
        options: { format, norm },
        wgsl: [weights.wgsl, linearOutput, reduce.wgsl, matvec],
        constants: {
          ...weights.constants,
          ...reduce.constants,
          OUTPUT: OUTPUT[output],
          NORM: norm,
        },
        features: reduce.features,
        bindings: MATVEC_BINDINGS,
      };
    },
    grid(shape) {
      assertShape(shape);
      return [Math.ceil(shape.rows / QUAD / (sharing.workgroup / sharing.lanes))];
    },
  };
}

const PART_COLUMNS = 16; // the same as in matvec-broadcast.wgsl

/** The variant for software adapters: each lane has a quad of rows, and x is broadcast. It needs `subgroups`. */
export const MATVEC_BROADCAST: MatvecVariant = {
  source(format, _output, { norm }) {
    const weights = weightSnippet(format, false);
    return {
      label: `matvec-broadcast ${format}${norm ? " norm" : ""}`,
      name: "matvec",
      options: { format, norm },
      wgsl: [weights.wgsl, linearOutputByParams, matvecBroadcast],
      constants: {
        ...weights.constants,
        WORKGROUP: BROADCAST_WORKGROUP,
        SCALED_LATER: weights.scaledLater,
        PARTS: weights.groupColumns === 2 * PART_COLUMNS ? 2 : 1,
        NORM: norm,
      },
      features: ["subgroups"],
      bindings: MATVEC_BINDINGS,
    };
  },
  grid(shape) {
    assertShape(shape);
    const { columns } = shape;
    assert(
      columns % PART_COLUMNS === 0,
      `${columns} columns are not a multiple of ${PART_COLUMNS}`,
    );
    return [Math.ceil(shape.rows / QUAD / BROADCAST_WORKGROUP)];
  },
};

/** Contents of the `params` uniform of `matvec`, the matrix products, `embed` and `rms-norm`. */
export function linearParams(
  shape: LinearShape,
  { epsilon = 0, output = "store" }: { epsilon?: number; output?: LinearOutput } = {},
): Uint32Array<ArrayBuffer> {
  const params = new Uint32Array([shape.rows, shape.columns, 0, OUTPUT[output]]);
  new Float32Array(params.buffer)[2] = epsilon;
  return params;
}

/** `y` after the layer, in plain loops and f64. @param y contents before the layer, which only `add` reads */
export function linearReference(
  weights: Float32Array,
  x: Float32Array,
  y: Float32Array,
  options: LinearShape & { output: LinearOutput },
): Float32Array {
  const { rows, columns, output } = options;
  const tokens = x.length / columns;
  const product = (t: number, row: number): number => {
    let sum = 0;
    for (let c = 0; c < columns; c++)
      sum += (weights[row * columns + c] ?? NaN) * (x[t * columns + c] ?? NaN);
    return sum;
  };
  const width = output === "swiglu" ? rows / 2 : rows;
  return Float32Array.from({ length: tokens * width }, (_, i) => {
    const t = Math.floor(i / width);
    const row = i % width;
    const value = product(t, row);
    if (output === "swiglu") return (value / (1 + Math.exp(-value))) * product(t, width + row);
    return output === "add" ? (y[i] ?? NaN) + value : value;
  });
}
