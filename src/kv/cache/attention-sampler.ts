import type { DeviceBuffer } from "../../device/device.ts";
import type { Stage } from "../../device/commands.ts";
import type { KvCache } from "./kv-cache.ts";

/** What a step of the forward pass leaves: its queries, and the cache that holds its keys. */
export interface AttentionInputs {
  /**
   * [tokens, heads + 2 × kvHeads, headDim] f32, queries rotated; behind a layer that attends to the cache of another
   * one, [tokens, heads, headDim]
   */
  qkv: DeviceBuffer;
  /** u32 position of the first token, u32 tokens */
  step: DeviceBuffer;
  cache: KvCache;
  heads: number;
  /** Scores are divided by the square root of this number: the head dimension, unless it is given. */
  scoreWidth?: number;
  /** Whether some layers attend to the cache of another one. None do unless this is given. */
  hasReaders?: boolean;
}

/** One dispatch, for a step of tokens of which the first has the given position. */
export type SamplingStage = Stage<[tokens: number, position: number]>;

/**
 * Watches steps of the forward pass. The order of calls for each sampled step is `begin`, then in one submission
 * `layers[i]` after the layer of the cache's buffer i has appended to it and before the next layer overwrites the
 * queries, then `end`. It reads what the forward pass leaves and writes nothing of it.
 */
export interface AttentionSampler {
  readonly layers: readonly (readonly SamplingStage[])[];
  /** The stages of `readers[i]` run after each further layer that attends to buffer i. */
  readonly readers?: readonly (readonly SamplingStage[])[];
  readonly end: readonly SamplingStage[];
  /** Chooses the step's rows. It is called before the step is submitted. @param position of the first token */
  begin(tokens: number, position: number): void;
}

/** The most rows of a step that are sampled. Where dispatches are most of a step's time, 16 cost as much as 8. */
export const SAMPLED_ROWS = 16;

/** One sampler of several, which watch the same steps of the same model. */
export function allSamplers(samplers: readonly AttentionSampler[]): AttentionSampler {
  const count = Math.max(0, ...samplers.map((sampler) => sampler.layers.length));
  const joined = (stagesOf: (sampler: AttentionSampler) => AttentionSampler["readers"]) =>
    Array.from({ length: count }, (_, layer) =>
      samplers.flatMap((sampler) => stagesOf(sampler)?.[layer] ?? []),
    );
  return {
    layers: joined(({ layers }) => layers),
    readers: joined(({ readers }) => readers),
    end: samplers.flatMap(({ end }) => end),
    begin(tokens, position) {
      for (const sampler of samplers) sampler.begin(tokens, position);
    },
  };
}
