import type { WeightFormat } from "../../shaders/forward/weight-format.ts";
import { isVector, type Weight } from "./architectures/architecture.ts";
import type { ModelConfig } from "./model-config.ts";

/** A weight, and how its numbers lie in memory. */
export interface StoredWeight extends Weight {
  /** `f32` for a norm or a bias, whatever its numbers are in the files. */
  format: WeightFormat;
}

/** What a model is made of, before any number of it has come. */
export interface ModelOutline {
  config: ModelConfig;
  /** Every weight, in the order of use. */
  weights: readonly StoredWeight[];
}

/** Weights whose matrices all have one format. */
export const storedAs = (weights: readonly Weight[], format: WeightFormat): StoredWeight[] =>
  weights.map((weight) => ({ ...weight, format: isVector(weight.kind) ? "f32" : format }));

/** The formats of a model's matrices, by name: `q4-f16`, or several in alphabetical order, as in `affine4-f16+f16`. */
export function matrixFormats(weights: readonly StoredWeight[]): string {
  const matrices = weights.filter(({ kind }) => !isVector(kind));
  return [...new Set(matrices.map(({ format }) => format))].sort().join("+");
}
