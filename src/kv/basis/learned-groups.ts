import type { IndexRange } from "../../shared/index-range.ts";
import { ranksFor } from "./basis-learner.ts";
import type { LearnedGroup } from "./bind-row-statistics.ts";
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
 * Groups of as many layers as the room for a basis allows. A group is within one stored value.
 *
 * @returns undefined if there is no room for any basis
 */
export function learnedGroups(weightBytes: number, shape: KvShape): LearnedGroup[] | undefined {
  const values = layerGroups(shape);
  const largest = Math.max(...values.map(({ start, end }) => end - start));
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
    if (isEnough) return groups;
  }
  return undefined;
}

function partsOf({ start, end }: IndexRange, layers: number): IndexRange[] {
  return Array.from({ length: Math.ceil((end - start) / layers) }, (_, i) => ({
    start: start + i * layers,
    end: Math.min(start + (i + 1) * layers, end),
  }));
}
