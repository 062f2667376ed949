import type { Weight, WeightKind } from "../architectures/architecture.ts";
import { SPECIAL_TOKENS } from "./generate-tokenizer.ts";

/**
 * Draws roughly normal numbers of mean 0 and standard deviation 1.
 *
 * Each is a sum of three uniform ones: unlike a logarithm and a cosine, a sum is the same in every engine.
 */
export function seededNormal(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
  return () => uniform() + uniform() + uniform();
}

/**
 * Draws the numbers of a weight, row by row: norms near 1, biases about half as large as what they are added to, and
 * matrices of standard deviation 1/√inputs, which keeps activations near 1.
 *
 * @param random as `seededNormal` makes it
 */
export function randomValues({ shape, kind }: Weight, random: () => number): Float32Array {
  const values = new Float32Array(shape.reduce((product, length) => product * length, 1));
  const [, columns = 1] = shape;
  const { mean, deviation } = distributionOf(kind, columns);
  for (let i = 0; i < values.length; i++) values[i] = mean + random() * deviation;
  if (kind === "embedding") quietSpecialTokens(values, columns);
  return values;
}

function distributionOf(kind: WeightKind, columns: number): { mean: number; deviation: number } {
  switch (kind) {
    case "norm":
      return { mean: 1, deviation: 0.1 };
    case "bias":
      return { mean: 0, deviation: 0.5 };
    case "matrix":
    case "embedding":
      return { mean: 0, deviation: 1 / Math.sqrt(columns) };
  }
}

/** Factor for the rows of a token that is to be less likely than any other. */
const QUIET = 0.01;

/** Makes special tokens so unlikely that no reply contains one, as in published models. */
function quietSpecialTokens(values: Float32Array, columns: number): void {
  for (let i = 0; i < SPECIAL_TOKENS * columns; i++) values[i] = (values[i] ?? 0) * QUIET;
}
