import type { Stage } from "../../gpu/commands.ts";
import type { KvCache } from "./kv-cache.ts";

/** What a step of the forward pass leaves: its queries, and the cache that holds its keys. */
export interface AttentionInputs {
  /** [tokens, heads + 2 × kvHeads, headDim] f32, queries rotated */
  qkv: GPUBuffer;
  /** u32 position of the first token, u32 tokens */
  step: GPUBuffer;
  cache: KvCache;
  heads: number;
  /** Scores are divided by the square root of this number: the head dimension, unless it is given. */
  scoreWidth?: number;
}

/** One dispatch, for a step of tokens of which the first has the given position. */
export type SamplingStage = Stage<[tokens: number, position: number]>;

/**
 * Watches steps of the forward pass. The order of calls for each sampled step is `begin`, then in one submission
 * `layers[i]` after layer i has appended to the cache and before the next layer overwrites the queries, then
 * `end`. It reads what the forward pass leaves and writes nothing of it.
 */
export interface AttentionSampler {
  readonly layers: readonly (readonly SamplingStage[])[];
  readonly end: readonly SamplingStage[];
  /** Chooses the step's rows. It is called before the step is submitted. */
  begin(tokens: number): void;
}

/** The most rows of a step that are sampled. Where dispatches are most of a step's time, 16 cost as much as 8. */
export const SAMPLED_ROWS = 16;

/** One sampler of several, which watch the same steps of the same model. */
export function allSamplers(samplers: readonly AttentionSampler[]): AttentionSampler {
  const layers = Math.max(0, ...samplers.map((sampler) => sampler.layers.length));
  return {
    layers: Array.from({ length: layers }, (_, layer) =>
      samplers.flatMap((sampler) => sampler.layers[layer] ?? []),
    ),
    end: samplers.flatMap(({ end }) => end),
    begin(tokens) {
      for (const sampler of samplers) sampler.begin(tokens);
    },
  };
}
