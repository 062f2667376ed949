import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import wgsl from "./embed.wgsl?raw";
import { weightSnippet, type WeightFormat } from "./weight-format.ts";

export type EmbedBinding = "weights" | "tokenIds" | "x" | "params" | "step";

/** The kernel that looks up the embeddings of the step's tokens. `params` comes from `linearParams`. */
export function embedSource(format: WeightFormat): KernelSource<EmbedBinding> {
  const weights = weightSnippet(format);
  return {
    label: `embed ${format}`,
    name: "embed",
    options: { format },
    wgsl: [weights.wgsl, wgsl],
    constants: weights.constants,
    bindings: {
      weights: "read",
      tokenIds: "read",
      x: "write",
      params: "uniform",
      step: "uniform",
    },
  };
}

export function embedGrid(hidden: number, tokens: number): Grid {
  assert(hidden % 8 === 0, `hidden ${hidden} is not a multiple of 8`);
  return [Math.ceil((tokens * hidden) / 8 / 64)];
}

/** Look up embeddings. @param weights [vocab, hidden] @returns [tokens, hidden] */
export function embedReference(
  weights: Float32Array,
  tokenIds: Uint32Array,
  hidden: number,
): Float32Array {
  const x = new Float32Array(tokenIds.length * hidden);
  tokenIds.forEach((id, t) => {
    x.set(weights.subarray(id * hidden, (id + 1) * hidden), t * hidden);
  });
  return x;
}
