/**
 * @file The ways to say which layers share, side by side, so that one run can compare them.
 *
 * What all of them keep to: layers of different kind never pair, no layer is in two pairs, the shallower
 * one keeps the rows, the target is not exceeded, and pairs stand best first (SP2, SP5, SP6, SP7 of
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

/** All that any of the strategies looks at. */
export interface SharingEvidence {
  /** Per layer of the model: what must agree, see `selectPairs`. */
  kinds: readonly string[];
  /**
   * Of the model: [layers, layers], symmetric. Euclidean distance between two layers' K and V, flattened
   * and averaged over calibration text.
   */
  kvDistances: ArrayLike<number>;
  /** Krul's τ. */
  edgeThreshold: number;
  conversation: AttentionEvidence;
  /** Of the conversation that this model met first. */
  firstConversation: AttentionEvidence;
}

export type SharingStrategyName = "none" | "static" | "kvsharer" | "krul" | "krul-frozen";

export interface SharingStrategy {
  name: SharingStrategyName;
  /** A pure function: of equal evidence and target the same map. */
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
 * The least alike first, by a distance that belongs to the model.
 *
 * Source: KVSharer, arXiv:2410.18517. There a layer may give its rows to several others and each pair is
 * tried on calibration text; here pairs are disjoint as everywhere, and the quality guard does the trying.
 */
const kvsharer: SharingStrategy = {
  name: "kvsharer",
  select({ kinds, kvDistances }, target) {
    const ranked = rankedPairs(kinds, kvDistances, (a, b) => b - a);
    return { layers: kinds.length, pairs: takeDisjoint(ranked, targetPairs(target, kinds.length)) };
  },
};

/** SP1 to SP7 on this conversation. Source: Krul, arXiv:2507.08045. */
const krul: SharingStrategy = {
  name: "krul",
  select: ({ kinds, conversation, edgeThreshold }, target) =>
    selectPairs(kinds, conversation, { edgeThreshold, target }).map,
};

/** Krul's ablation: the map of the first conversation for all. Shows what choosing anew is worth. */
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
