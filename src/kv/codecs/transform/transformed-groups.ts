/** @file Layers that are transformed together, in a stored value. */

import { assert } from "../../../shared/assert.ts";
import type { IndexRange } from "../../../shared/index-range.ts";
import { layerGroups } from "../../cache/chunk-layout.ts";
import type { KvCodecName, StoredLayer } from "../../value/chunk-value.ts";
import type { KvShape } from "../../cache/kv-cache.ts";
import type { BasisShape, TransformBasis } from "./transform-basis.ts";
import { isTransform, type TransformCodecName } from "./transform-rates.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What names a basis in what was coded with it: 8 bytes, of the SHA-256 of its file. */
export interface NamedBasis {
  basis: TransformBasis;
  id: Bytes;
}

export const BASIS_ID_BYTES = 8;

export async function nameBasis(basis: TransformBasis, file: Bytes): Promise<NamedBasis> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", file));
  return { basis, id: digest.slice(0, BASIS_ID_BYTES) };
}

/** Which of the basis' groups a form has in a transform codec. All layers of such a group have to have it. */
export function transformedGroups(
  { groups }: TransformBasis,
  codecOf: (layer: number) => KvCodecName,
): Map<TransformCodecName, number[]> {
  const found = new Map<TransformCodecName, number[]>();
  for (const [i, { layers }] of groups.entries()) {
    const codec = codecOf(layers.start);
    if (!isTransform(codec)) continue;
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
  layers: readonly StoredLayer[],
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

/** As a basis has them, and the header of its file. */
interface LayerGroups extends BasisShape {
  groups: readonly { layers: IndexRange }[];
}

/** Whether a cache can be transformed with it: its groups are in one stored value each. */
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
