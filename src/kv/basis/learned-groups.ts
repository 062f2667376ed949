import type { IndexRange } from "../../shared/index-range.ts";
import { ranksFor } from "./basis-learner.ts";
import type { LearnedGroup } from "./bind-row-statistics.ts";
import { sideBytes } from "./side-statistics.ts";
import { layerGroups } from "../cache/chunk-layout.ts";
import type { KvShape } from "../cache/kv-cache.ts";

/**
 * The least components of a group, as a share of its channels, if smaller groups could have more. With fewer,
 * what is left out costs more than it costs to transform fewer layers together. In 8 % of Pip's 4-bit weights
 * there is room for 158 of the 256 channels of a group of four layers; with 97 of them, what was left out cost
 * 0.01 nats.
 */
const LEAST_SHARE = 0.6;

/**
 * The most channels of a group. An eigenvector problem of this size takes about half a minute on a fast processor, and
 * the time grows with the third power.
 */
const MOST_CHANNELS = 1536;

/**
 * Groups of as many layers as the room for a basis allows. A group is within one stored value.
 *
 * @returns undefined if there is no room for any basis, or if learning one would take too long, or more memory than
 *   the weights do: then rows are stored in bits
 */
export function learnedGroups(weightBytes: number, shape: KvShape): LearnedGroup[] | undefined {
  const values = layerGroups(shape);
  const fastest = Math.floor(MOST_CHANNELS / (shape.kvHeads * shape.headDim));
  const largest = Math.min(fastest, Math.max(...values.map(({ start, end }) => end - start)));
  for (let layers = largest; layers > 0; layers--) {
    const groups = ranksFor(
      weightBytes,
      shape,
      values.flatMap((value) => partsOf(value, layers)),
    );
    const isEnough = groups.every(({ layers: { start, end }, components }) => {
      const channels = (end - start) * shape.kvHeads * shape.headDim;
      return components[0] >= (layers > 1 ? LEAST_SHARE * channels : 1);
    });
    if (isEnough && statisticsBytes(shape, groups) <= weightBytes) return groups;
  }
  return undefined;
}

/** GPU memory that the statistics of all groups take (`RowStatistics`). */
function statisticsBytes({ kvHeads, headDim }: KvShape, groups: readonly LearnedGroup[]): number {
  const sides = groups.flatMap(({ layers: { start, end }, components }) =>
    components.map((count) => sideBytes((end - start) * kvHeads * headDim, count)),
  );
  return sides.reduce((sum, bytes) => sum + bytes, 0);
}

function partsOf({ start, end }: IndexRange, layers: number): IndexRange[] {
  return Array.from({ length: Math.ceil((end - start) / layers) }, (_, i) => ({
    start: start + i * layers,
    end: Math.min(start + (i + 1) * layers, end),
  }));
}
