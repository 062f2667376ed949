/**
 * @file Strategies that choose which layers share, side by side, so that one run can compare them.
 *
 * All of them follow these rules: layers of different kinds never pair, no layer is in two pairs, the shallower layer
 * of a pair keeps the rows, the target is not exceeded, and the best pairs come first (SP2, SP5, SP6, SP7 of
 * select-pairs.ts).
 */

import { staticMap } from "../../kv/sharing/static-map.ts";
import {
  rankedPairs,
  selectPairs,
  takeDisjoint,
  targetPairs,
  type AttentionEvidence,
  type LayerSharingMap,
  type SharingTarget,
} from "../../kv/sharing/select-pairs.ts";

/** Data that strategies decide by. Each uses a part of it. */
export interface SharingEvidence {
  /** Kind of each layer, which must agree for two layers to pair (see `selectPairs`). */
  kinds: readonly string[];
  /**
   * The model's distances [layers, layers], symmetric: Euclidean distance between two layers' K and V, flattened and
   * averaged over calibration text.
   */
  kvDistances: ArrayLike<number>;
  /** Krul's τ. */
  edgeThreshold: number;
  conversation: AttentionEvidence;
  /** Attention of the first conversation that this model met. */
  firstConversation: AttentionEvidence;
}

export type SharingStrategyName = "none" | "static" | "kvsharer" | "krul" | "krul-frozen";

export interface SharingStrategy {
  name: SharingStrategyName;
  /** Choose the pairs. The same evidence and target always give the same map. */
  select(evidence: SharingEvidence, target: SharingTarget): LayerSharingMap;
}

const none: SharingStrategy = {
  name: "none",
  select: ({ kinds }) => ({ layers: kinds.length, pairs: [] }),
};

const deepNeighbours: SharingStrategy = {
  name: "static",
  select: ({ kinds }, target) => staticMap(kinds, target),
};

/**
 * Pairs the least similar layers first, by a distance that belongs to the model.
 *
 * Source: KVSharer, arXiv:2410.18517. There a layer may give its rows to several others and each pair is
 * tried on calibration text. Here pairs are disjoint as in all strategies, and the quality guard tries them.
 */
const kvsharer: SharingStrategy = {
  name: "kvsharer",
  select({ kinds, kvDistances }, target) {
    const ranked = rankedPairs(kinds, kvDistances, (a, b) => b - a);
    return { layers: kinds.length, pairs: takeDisjoint(ranked, targetPairs(target, kinds.length)) };
  },
};

/** Applies SP1 to SP7 to this conversation. Source: Krul, arXiv:2507.08045. */
const krul: SharingStrategy = {
  name: "krul",
  select: ({ kinds, conversation, edgeThreshold }, target) =>
    selectPairs(kinds, conversation, { edgeThreshold, target }).map,
};

/** Krul's ablation: all conversations get the first one's map. It shows what choosing for each of them is worth. */
const krulFrozen: SharingStrategy = {
  name: "krul-frozen",
  select: (evidence, target) =>
    krul.select({ ...evidence, conversation: evidence.firstConversation }, target),
};

export const SHARING_STRATEGIES: Readonly<Record<SharingStrategyName, SharingStrategy>> = {
  none,
  static: deepNeighbours,
  kvsharer,
  krul,
  "krul-frozen": krulFrozen,
};
