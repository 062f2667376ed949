/**
 * @file Which layers of a conversation share their K and V: Krul's selector (arXiv:2507.08045).
 *
 * SP1 A layer whose edge mass is below the threshold is out: it looks at what the input puts in the
 *     middle, and may be needed for whatever the user asks next.
 * SP2 Layers of different kind never pair. A layer without another of its kind that SP1 left is out.
 * SP3 Any other two layers may pair, however far apart in depth, unless their distance is unknown (not
 *     finite).
 * SP4 The closest pair is taken first; of equals the one whose shallower layer is shallower, then the
 *     one whose deeper layer is.
 * SP5 No layer is in two pairs.
 * SP6 As many pairs as the target says, or as there are.
 * SP7 The shallower layer of a pair keeps the shared rows.
 */

import { assert } from "../../shared/assert.ts";

/** Two layers, from the embedding on, that are stored as one. */
export interface LayerPair {
  /** The layer that holds the rows of both. It is the shallower one, which is restored first. */
  keep: number;
  share: number;
}

/**
 * The pairs of layers that share. No layer is in two pairs.
 *
 * Source: KVSharer, arXiv:2410.18517 ("sharing strategy").
 */
export interface LayerSharingMap {
  layers: number;
  /** The best pair comes first. If one has to be given up, it is the last. */
  pairs: readonly LayerPair[];
}

/** The same map by layer: the slot that each layer reads. Slots are counted from the first layer on. */
export function slotsOf({ layers, pairs }: LayerSharingMap): number[] {
  const keeperOf = new Map(pairs.map(({ keep, share }) => [share, keep]));
  const slots: number[] = [];
  let used = 0;
  for (let layer = 0; layer < layers; layer++) {
    const keeper = keeperOf.get(layer);
    slots.push(keeper === undefined ? used++ : (slots[keeper] ?? NaN));
  }
  return slots;
}

/** What the estimator has seen of one conversation. */
export interface AttentionEvidence {
  /** [layers]: mean attention mass on the first and the last tenth of the sequence, 0 to 1. */
  edgeMass: ArrayLike<number>;
  /** [layers, layers], symmetric: Euclidean distance between two layers' attention weights. */
  distances: ArrayLike<number>;
}

/** How much is to be shared: a number of pairs, or the share of all layers that keep no rows, 0 to 1. */
export type SharingTarget = { pairs: number } | { layerShare: number };

/** Krul's τ, which the paper does not give: at 0.2 Pip keeps most of its layers in. */
export const EDGE_THRESHOLD = 0.2;

export interface SelectorLimits {
  /** Krul's τ, a share of the attention, 0 to 1. The paper does not give it. */
  edgeThreshold: number;
  target: SharingTarget;
}

/** A layer that could not be in a pair. */
export type ExcludedLayer =
  | { layer: number; reason: "input-dependent"; edgeMass: number }
  | { layer: number; reason: "only-of-its-kind"; kind: string };

export interface PairSelection {
  map: LayerSharingMap;
  /** The layers that are out, in order. A layer that could pair and was not chosen is not among them. */
  excluded: ExcludedLayer[];
}

/**
 * SP1 to SP7.
 *
 * @param kinds per layer whatever must agree for two layers' rows to stand for each other, such as RoPE
 *   base, window and norm, as one opaque string
 */
export function selectPairs(
  kinds: readonly string[],
  { edgeMass, distances }: AttentionEvidence,
  { edgeThreshold, target }: SelectorLimits,
): PairSelection {
  const layers = kinds.length;
  assert(edgeMass.length === layers, `edge mass of ${edgeMass.length} layers, not ${layers}`);
  const excluded = excludedLayers(kinds, edgeMass, edgeThreshold);
  const out = new Set(excluded.map(({ layer }) => layer));
  const candidates = rankedPairs(kinds, distances, (a, b) => a - b);
  const eligible = candidates.filter(({ keep, share }) => !out.has(keep) && !out.has(share));
  return {
    map: { layers, pairs: takeDisjoint(eligible, targetPairs(target, layers)) },
    excluded,
  };
}

/** The layers that SP1 puts out, and those that SP2 then leaves alone. */
function excludedLayers(
  kinds: readonly string[],
  edgeMass: ArrayLike<number>,
  edgeThreshold: number,
): ExcludedLayer[] {
  // Written so that a mass that is not a number counts as too little.
  const passes = (layer: number) => (edgeMass[layer] ?? NaN) >= edgeThreshold;
  const passing = kinds.filter((_, layer) => passes(layer));
  return kinds.flatMap((kind, layer): ExcludedLayer[] => {
    if (!passes(layer))
      return [{ layer, reason: "input-dependent", edgeMass: edgeMass[layer] ?? NaN }];
    const alone = passing.filter((other) => other === kind).length === 1;
    return alone ? [{ layer, reason: "only-of-its-kind", kind }] : [];
  });
}

/**
 * All pairs of layers of one kind whose distance is known, best first (SP2, SP3, SP7, and SP4 as far as
 * equals go).
 *
 * @param distances [layers, layers], symmetric
 * @param better orders distances, the one to take first in front
 */
export function rankedPairs(
  kinds: readonly string[],
  distances: ArrayLike<number>,
  better: (a: number, b: number) => number,
): LayerPair[] {
  const layers = kinds.length;
  assert(distances.length === layers ** 2, `${distances.length} distances, ${layers} layers`);
  const distanceOf = ({ keep, share }: LayerPair) => distances[keep * layers + share] ?? NaN;
  const pairs = kinds.flatMap((kind, keep) =>
    kinds.flatMap((other, share) => (share > keep && other === kind ? [{ keep, share }] : [])),
  );
  return pairs
    .filter((pair) => Number.isFinite(distanceOf(pair)))
    .sort((a, b) => better(distanceOf(a), distanceOf(b)) || a.keep - b.keep || a.share - b.share);
}

/** SP5 and SP6: takes each pair, from the front, of which neither layer is taken yet. */
export function takeDisjoint(ranked: readonly LayerPair[], count: number): LayerPair[] {
  const taken = new Set<number>();
  const pairs: LayerPair[] = [];
  for (const pair of ranked) {
    if (pairs.length >= count) break;
    if (taken.has(pair.keep) || taken.has(pair.share)) continue;
    taken.add(pair.keep).add(pair.share);
    pairs.push(pair);
  }
  return pairs;
}

/** SP6: every pair is one layer without rows of its own. A share is never exceeded. */
export function targetPairs(target: SharingTarget, layers: number): number {
  if ("pairs" in target) return target.pairs;
  // A share such as 0.29 of 100 layers is a hair below 29 in floating point.
  return Math.floor(target.layerShare * layers + 1e-9);
}
