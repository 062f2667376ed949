/**
 * @file What a transform codec knows of a model: for each group of layers, in which directions the K and V
 * of a token vary, in a space in which equal errors do equal harm.
 *
 * Numbers of a token go there by the weighting W of their layer and KV head, x ↦ W x: K's is the square
 * root of the second moment of the queries that will meet it, over the rotations between them; V's is that
 * of the output projection; both times that of the layer's sensitivity (KL of the next token per unit of
 * noise), so that the unit of the space is a square root of nats. There the group's numbers less their mean
 * are written in an orthonormal basis, the directions of the most variance first.
 *
 * Sources: KVTC (arXiv:2511.01815) for the basis over all layers and heads, K and V apart, RoPE undone;
 * the weighting is ours.
 */

import { createSHA256 } from "hash-wasm";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { layerGroups } from "../cache/chunk-layout.ts";
import type { KvShape } from "../cache/kv-cache.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface BasisShape {
  kvHeads: number;
  headDim: number;
}

/** K or V of a group of layers; channels = layers × kvHeads × headDim, in this order. */
export interface BasisSide {
  /** [channels], not weighted */
  mean: Float32Array;
  /** W: [layers, kvHeads, headDim, headDim], symmetric and positive definite */
  weighting: Float32Array;
  /** Each component's deviation over the text that the basis was fitted on: [components], falling */
  deviations: Float32Array;
  /** [components, channels], rows orthonormal, in the weighted space */
  components: Float32Array;
}

export interface BasisGroup {
  layers: IndexRange;
  keys: BasisSide;
  values: BasisSide;
}

export interface TransformBasis extends BasisShape {
  /**
   * How many components of a side, from the first on, have one byte for each number in the file. Weaker ones have
   * half a byte, because what that rounds is as weak.
   */
  wideComponents: number;
  /** The groups, in the order of layers and without gaps. */
  groups: readonly BasisGroup[];
}

export const sidesOf = ({ keys, values }: BasisGroup): readonly [BasisSide, BasisSide] => [
  keys,
  values,
];

/** How many components each side has. */
export const componentsOf = (group: BasisGroup): readonly [number, number] => [
  group.keys.deviations.length,
  group.values.deviations.length,
];

/** Layers that are transformed together, and how many components of K and of V are kept. */
interface GroupSize {
  layers: IndexRange;
  components: readonly [number, number];
}

/** Bytes of the matrices that lead from components back to rows, as the device has them: in f16, without padding. */
export function matrixBytes(
  { kvHeads, headDim }: BasisShape,
  groups: readonly GroupSize[],
): number {
  const numbers = groups.map(
    ({ layers, components: [keys, values] }) =>
      (layers.end - layers.start) * kvHeads * headDim * (keys + values),
  );
  return numbers.reduce((sum, count) => sum + 2 * count, 0);
}

/** What names a basis in what was coded with it: 8 bytes, of the SHA-256 of its file. */
export interface NamedBasis {
  basis: TransformBasis;
  id: Bytes;
}

export const BASIS_ID_BYTES = 8;

/** Finds a basis that the device has kept from before, by its name. Undefined if it has not. */
export type FindBasis = (id: Bytes) => Promise<NamedBasis | undefined>;

export async function nameBasis(basis: TransformBasis, file: Bytes): Promise<NamedBasis> {
  return { basis, id: await basisIdOf(file) };
}

/** The name of the basis in a file. */
export async function basisIdOf(file: Bytes): Promise<Bytes> {
  const hash = await createSHA256();
  const digest = hash.update(file).digest("binary");
  return Uint8Array.from(digest.subarray(0, BASIS_ID_BYTES));
}

/** A basis's id in hexadecimal digits. Undefined if there is no basis. */
export const basisName = (named: NamedBasis | undefined): string | undefined =>
  named && [...named.id].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** The layers of each group, as a basis and the header of its file have them. */
interface LayerGroups extends BasisShape {
  groups: readonly { layers: IndexRange }[];
}

/** Whether a cache can be transformed with a basis: its shape is the same, and each group is in one stored value. */
export function fitsCache({ kvHeads, headDim, groups }: LayerGroups, shape: KvShape): boolean {
  const values = layerGroups(shape);
  return (
    kvHeads === shape.kvHeads &&
    headDim === shape.headDim &&
    groups.at(-1)?.layers.end === shape.layers &&
    groups.every(({ layers }) =>
      values.some(({ start, end }) => start <= layers.start && layers.end <= end),
    )
  );
}

/** Throws unless a basis is of a model of these layers and heads. */
export function assertFits(basis: TransformBasis, shape: BasisShape & { layers: number }): void {
  const { kvHeads, headDim, groups } = basis;
  const isOurs = kvHeads === shape.kvHeads && headDim === shape.headDim;
  assert(isOurs && groups.at(-1)?.layers.end === shape.layers, "the basis is another model's");
}
