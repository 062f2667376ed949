/** @file Layers that are transformed together, in a stored value. */

import { assert } from "../../../shared/assert.ts";
import type { CodedLayer } from "../codec.ts";
import type { NamedBasis, TransformBasis } from "../transform-basis.ts";
import { isTransform, type TransformCodecName } from "./transform-rates.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * The groups of the basis that are in a transform codec, by codec. Throws unless all layers of such a group have
 * that codec.
 */
export function transformedGroups(
  { groups }: TransformBasis,
  codecOf: (layer: number) => string | undefined,
): Map<TransformCodecName, number[]> {
  const found = new Map<TransformCodecName, number[]>();
  for (const [i, { layers }] of groups.entries()) {
    const codec = codecOf(layers.start);
    if (codec === undefined || !isTransform(codec)) continue;
    for (let layer = layers.start; layer < layers.end; layer++)
      assert(codecOf(layer) === codec, `layer ${layer} is not transformed with its group`);
    found.set(codec, [...(found.get(codec) ?? []), i]);
  }
  return found;
}

/** The basis' name, then the block. */
export function namedBlock({ id }: NamedBasis, block: Bytes): Bytes {
  const coded = new Uint8Array(id.length + block.length);
  coded.set(id);
  coded.set(block, id.length);
  return coded;
}

/** One group's block in a value. */
export interface GroupBlock {
  group: number;
  codec: TransformCodecName;
  block: Bytes;
}

/** The blocks of a value's transformed layers; undefined if they are not whole groups of this basis. */
export function groupBlocks(
  { basis, id }: NamedBasis,
  layers: readonly (CodedLayer & { partner?: number })[],
): GroupBlock[] | undefined {
  const transformed = new Map(
    layers.flatMap((one) => (isTransform(one.codec) ? [[one.layer, one] as const] : [])),
  );
  const blocks: GroupBlock[] = [];
  for (const [group, { layers: range }] of basis.groups.entries()) {
    const first = transformed.get(range.start);
    if (!first) continue;
    const { codec, coded } = first;
    if (!isTransform(codec) || !id.every((byte, i) => byte === coded[i])) return undefined;
    for (let layer = range.start; layer < range.end; layer++) {
      const one = transformed.get(layer);
      if (one?.codec !== codec || one.partner !== undefined) return undefined;
      if (layer > range.start && one.coded.length > 0) return undefined;
      transformed.delete(layer);
    }
    blocks.push({ group, codec, block: coded.subarray(id.length) });
  }
  return transformed.size === 0 ? blocks : undefined;
}
