/**
 * @file How many layers are transformed together, and how many components are kept of them, by what that costs and
 * what it saves. Rules:
 *
 * - CG1: A group is within one stored value, and has no more channels than an eigenvector problem may have.
 * - CG2: Decoding may take no more than a share of what computing a token takes on this device.
 * - CG3: The file, the statistics and the fitting of a basis are bounded.
 * - CG4: Of the rest, the layers are chosen with which the basis and what a person has stored take the fewest bytes.
 * - CG5: If CG2 and CG3 leave no group, single layers with fewer components are tried. If they leave none either,
 *   there is no basis, and rows are stored in bits.
 * - CG6: The first basis of a model is fitted to parts of these groups, so that it is there within half a minute or so.
 */

import type { IndexRange } from "../../shared/index-range.ts";
import type { LearnedGroup } from "./bind-row-statistics.ts";
import { basisBytes } from "../codecs/transform/basis-file.ts";
import { layerGroups } from "../cache/chunk-layout.ts";
import type { KvShape } from "../cache/kv-cache.ts";
import { sideBytes } from "./side-statistics.ts";

/** What the choice depends on besides the shape of the cache. */
export interface GroupTerms {
  /** Bytes of the model's weights. */
  weightBytes: number;
  /** Multiplications of a token in prefill. */
  prefillMultiplications: number;
  /** What a multiplication of decoding takes on this device, in multiplications of prefill. */
  decodingFactor: number;
}

/** What a choice costs. */
export interface GroupCosts {
  /** The file of the basis. */
  basisBytes: number;
  /** Memory of the statistics that it is learned from. */
  statisticsBytes: number;
  /** Multiplications of decoding a token whose components are all there. At usual rates half of them are. */
  decodeMultiplications: number;
  /** Multiplications of fitting it once. */
  fitMultiplications: number;
  /** What a stored token takes, as it is predicted. */
  tokenBytes: number;
}

export interface ChosenGroups extends GroupCosts {
  groups: readonly LearnedGroup[];
}

/**
 * Bits of a number at a mean KL of 0.005 where single layers are transformed, and how many fewer where twice as many
 * layers are: from SmolLM2's bytes and KL in groups of 1, 2, 5 and 10 layers (docs/measurements.md).
 */
const BITS_ALONE = 1.7;
const BITS_A_DOUBLING = 0.29;
const LEAST_BITS = 0.5;

/** What a person who chats has stored, in tokens: ten conversations of 2,000. */
const STORED_TOKENS = 20_000;
/**
 * Components that are kept, as a share of the channels. With 60 % of pairs of SmolLM2's layers, what is left out is
 * twice what rounding to 2 bits loses.
 */
const SHARE = 0.75;
/** Fewer are kept only where there is no choice. */
const LEAST_SHARE = 0.5;
/** An eigenvector problem of this size takes about half a minute. The time grows with the third power. */
const MOST_CHANNELS = 1536;
const MOST_DECODING_SHARE = 0.25;
/** Of the weights' bytes. */
const MOST_BASIS_SHARE = 0.15;
const MOST_BASIS_BYTES = 48 * 2 ** 20;
const MOST_STATISTICS_BYTES = 256 * 2 ** 20;
/** Fitting is done in slices while nothing else is: three minutes of one core. */
const MOST_FIT_MULTIPLICATIONS = 2e11;
/** Half a minute of one core. */
const MOST_FIRST_FIT = 2.5e10;
/** Models of wide layers may take longer, because there is no cheaper choice. */
const MOST_FIT_ALONE = 4.5e11;

/** @returns undefined if no basis is worth learning (CG5) */
export function chooseGroups(shape: KvShape, terms: GroupTerms): ChosenGroups | undefined {
  const channels = shape.kvHeads * shape.headDim;
  const values = layerGroups(shape);
  const largest = Math.min(
    Math.floor(MOST_CHANNELS / channels),
    Math.max(...values.map(({ start, end }) => end - start)),
  );
  let best: ChosenGroups | undefined;
  for (let layers = 1; layers <= largest; layers++) {
    const choice = withCosts(shape, groupsOf(values, layers, SHARE * channels));
    if (!isAffordable(choice, terms, MOST_FIT_MULTIPLICATIONS)) continue;
    if (!best || totalBytes(choice) < totalBytes(best)) best = choice;
  }
  if (best || largest === 0) return best;
  const narrow = withCosts(shape, groupsOf(values, 1, LEAST_SHARE * channels));
  return isAffordable(narrow, terms, MOST_FIT_ALONE) ? narrow : undefined;
}

/** CG6: the most layers that the first basis transforms together. */
export function firstLayers(
  { kvHeads, headDim }: KvShape,
  groups: readonly LearnedGroup[],
): number {
  const widest = Math.max(...groups.map(({ layers: { start, end } }) => end - start));
  for (let most = widest; most > 1; most--) {
    const sides = groups.flatMap(({ layers, components: [keys, values] }) => {
      const count = layers.end - layers.start;
      return evenParts(layers, most).flatMap(({ start, end }) =>
        [keys, values].map((all) =>
          fitMultiplications((end - start) * kvHeads * headDim, (all * (end - start)) / count),
        ),
      );
    });
    if (sides.reduce((sum, side) => sum + side, 0) <= MOST_FIRST_FIT) return most;
  }
  return 1;
}

const totalBytes = (choice: GroupCosts): number =>
  choice.basisBytes + STORED_TOKENS * choice.tokenBytes;

function isAffordable(
  costs: GroupCosts,
  { weightBytes, prefillMultiplications, decodingFactor }: GroupTerms,
  mostFit: number,
): boolean {
  const decoding = costs.decodeMultiplications * decodingFactor;
  return (
    decoding <= MOST_DECODING_SHARE * prefillMultiplications &&
    costs.basisBytes <= Math.min(MOST_BASIS_BYTES, MOST_BASIS_SHARE * weightBytes) &&
    costs.statisticsBytes <= Math.min(MOST_STATISTICS_BYTES, weightBytes) &&
    costs.fitMultiplications <= mostFit
  );
}

/** @param componentsALayer how many components a group has for each of its layers */
function groupsOf(
  values: readonly IndexRange[],
  layers: number,
  componentsALayer: number,
): LearnedGroup[] {
  return values
    .flatMap((value) => evenParts(value, layers))
    .map((range) => {
      const count = Math.max(1, Math.round((range.end - range.start) * componentsALayer));
      return { layers: range, components: [count, count] };
    });
}

/** Layers in as few parts as possible, which are as even as possible. */
export function evenParts({ start, end }: IndexRange, most: number): IndexRange[] {
  const count = Math.max(1, Math.ceil((end - start) / most));
  const edge = (i: number) => start + Math.round((i * (end - start)) / count);
  return Array.from({ length: count }, (_, i) => ({ start: edge(i), end: edge(i + 1) }));
}

function withCosts(shape: KvShape, groups: readonly LearnedGroup[]): ChosenGroups {
  const layerChannels = shape.kvHeads * shape.headDim;
  const sized = groups.map(({ layers: { start, end }, components }) => {
    return { layers: end - start, components, channels: (end - start) * layerChannels };
  });
  const sumOf = (of: (channels: number, components: number) => number) =>
    sized.reduce((sum, { channels, components: [keys, values] }) => {
      return sum + of(channels, keys) + of(channels, values);
    }, 0);
  const wideComponents = Math.max(...groups.flatMap(({ components }) => components));
  const numbers = 2 * shape.layers * layerChannels;
  const meanLayers = shape.layers / groups.length;
  const bits = Math.max(LEAST_BITS, BITS_ALONE - BITS_A_DOUBLING * Math.log2(meanLayers));
  return {
    groups,
    basisBytes: basisBytes({ ...shape, wideComponents }, sized),
    statisticsBytes: sumOf(sideBytes),
    decodeMultiplications: sumOf((channels, components) => channels * components),
    fitMultiplications: sumOf(fitMultiplications),
    tokenBytes: (numbers * bits) / 8,
  };
}

/**
 * Multiplications of `strongestDirections` with n components of m channels, about: four products with the covariance,
 * three times Gram-Schmidt done twice, the eigenvectors of the n × n problem, and their product with the block.
 */
const fitMultiplications = (channels: number, components: number): number =>
  4 * components * channels ** 2 + 7 * components ** 2 * channels + 9 * components ** 3;
