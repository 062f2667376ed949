/** @file What decoding takes, counted: for codec families that were never decoded on this device. */

import {
  componentsOf,
  matrixBytes,
  sidesOf,
  type BasisGroup,
} from "../../kv/codecs/transform-basis.ts";
import type { KvShape } from "../../kv/cache/kv-cache.ts";
import type { DecodingWork } from "../sequence/restoration-costs.ts";

/** Unpacking a number, its scale and offset, and its part in a Hadamard matrix of heads of 64 or 128. */
const PER_NUMBER = 8;
/** Finding a component in a stream of rANS: the table, the state and the step. */
export const PER_COMPONENT = 32;

type TokenShape = Pick<KvShape, "layers" | "kvHeads" | "headDim">;

/** K and V of one token, in all layers: numbers that come out of decoding, whichever the codec. */
const numbersOf = ({ layers, kvHeads, headDim }: TokenShape): number =>
  2 * layers * kvHeads * headDim;

/** Rows as they are only have to be copied. */
export const NO_WORK: DecodingWork = { decodeMultiplications: 0, preparedBytes: 0 };

/** What decoding rows takes that are stored in bits. */
export const bitsWork = (shape: TokenShape): DecodingWork => ({
  decodeMultiplications: PER_NUMBER * numbersOf(shape),
  preparedBytes: 0,
});

/** What decoding transformed rows takes: each side's components times their directions, and RoPE. */
export function transformWork(shape: TokenShape, groups: readonly BasisGroup[]): DecodingWork {
  const products = groups.map((group) => {
    const [keys, values] = componentsOf(group);
    const [ofKeys, ofValues] = sidesOf(group).map(({ mean }) => mean.length);
    return keys * (PER_COMPONENT + (ofKeys ?? 0)) + values * (PER_COMPONENT + (ofValues ?? 0));
  });
  const sizes = groups.map((group) => ({ layers: group.layers, components: componentsOf(group) }));
  return {
    decodeMultiplications: products.reduce((sum, one) => sum + one, PER_NUMBER * numbersOf(shape)),
    preparedBytes: matrixBytes(shape, sizes),
  };
}
