import {
  takeDisjoint,
  targetPairs,
  type LayerPair,
  type LayerSharingMap,
  type SharingTarget,
} from "./select-pairs.ts";

/**
 * Pairs neighbours of one kind, from the last layers backwards, because deep neighbours are the most alike. The
 * map is the same in every conversation.
 *
 * Source: MiniCache, arXiv:2405.14366, which also ends at the middle of the model; here the target does.
 *
 * @param kinds per layer of the model: what must agree, see `selectPairs`
 */
export function staticMap(kinds: readonly string[], target: SharingTarget): LayerSharingMap {
  const neighbours = kinds.slice(1).flatMap((kind, keep): LayerPair[] => {
    return kind === kinds[keep] ? [{ keep, share: keep + 1 }] : [];
  });
  const pairs = takeDisjoint(neighbours.reverse(), targetPairs(target, kinds.length));
  return { layers: kinds.length, pairs };
}
