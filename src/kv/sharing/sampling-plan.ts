/**
 * @file How much of a conversation's attention the similarity estimator looks at, so that its buffers stay small
 * whatever the model.
 *
 * Attention weights of a step's sampled rows are there for all layers at once, because each layer's are multiplied with
 * every other's. With scores and their sums, that is
 *
 *   rows × positions × (4 × (heads + layers × groups) + heads / 4) bytes.
 *
 * SA1 All rows that are asked for, with a vector for each KV head, if that fits.
 * SA2 Fewer rows, down to 4: every step adds rows, so that a conversation still shows many.
 * SA3 One vector for all heads, which is their mean, with as many rows as fit.
 * SA4 Only the first positions of the context: steps behind them are not sampled.
 */

/** The estimator's buffers take this much memory of the device at most. */
export const SIMILARITY_BYTES = 16 * 2 ** 20;

/** Fewer rows of a step than this are not worth a step's dispatches. */
const LEAST_ROWS = 4;
/** Positions are counted in whole slices of the kernels. */
const SLICE = 32;

/** What the buffers' sizes depend on. */
export interface SampledShape {
  layers: number;
  heads: number;
  kvHeads: number;
  contextTokens: number;
}

/** What is asked for. */
export interface SamplingTerms {
  /** The most rows of a step. */
  rows: number;
  grouping: "kv-head" | "all";
  /** The most bytes of all buffers. */
  bytes: number;
}

export interface SamplingPlan {
  /** The most sampled rows of a step. */
  rows: number;
  /** Number of vectors of a layer, each the mean of a group of heads: kvHeads, or 1. */
  groups: number;
  /** Steps that reach behind this many positions are not sampled. */
  watchedTokens: number;
}

/** Bytes of the buffers that hold the scores and weights of a step's sampled rows. */
export function samplingBytes(
  { layers, heads }: Pick<SampledShape, "layers" | "heads">,
  { rows, groups, watchedTokens }: SamplingPlan,
): number {
  const positions = Math.ceil(watchedTokens / SLICE) * SLICE;
  return rows * positions * (4 * (heads + layers * groups) + heads / 4);
}

/** SA1 to SA4. */
export function planSampling(
  shape: SampledShape,
  { rows, grouping, bytes }: SamplingTerms,
): SamplingPlan {
  const { kvHeads, contextTokens } = shape;
  const least = Math.min(rows, LEAST_ROWS);
  const plans = (grouping === "all" ? [1] : [kvHeads, 1]).map((groups): SamplingPlan => {
    const one = samplingBytes(shape, { rows: 1, groups, watchedTokens: contextTokens });
    const fitting = Math.min(rows, Math.floor(bytes / one));
    return { rows: fitting, groups, watchedTokens: contextTokens };
  });
  const whole = plans.find((plan) => plan.rows >= least);
  if (whole) return whole;
  const slice = samplingBytes(shape, { rows: least, groups: 1, watchedTokens: SLICE });
  const slices = Math.max(1, Math.floor(bytes / slice));
  return { rows: least, groups: 1, watchedTokens: slices * SLICE };
}
