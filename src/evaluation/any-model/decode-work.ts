/** @file What decoding takes, counted in what was stored: components that vanished at a step are not multiplied. */

import { bitsWork, PER_COMPONENT } from "../../engine/compress/decoding-work.ts";
import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { KvShape } from "../../kv/cache/kv-cache.ts";
import { parseComponents } from "../../kv/codecs/entropy/component-header.ts";
import { componentsOf, type NamedBasis } from "../../kv/codecs/transform-basis.ts";
import { isTransform, transformRateNamed } from "../../kv/codecs/transform/transform-rates.ts";
import { groupBlocks, type GroupBlock } from "../../kv/codecs/transform/transformed-groups.ts";
import { decodeChunkValue } from "../../kv/value/chunk-value.ts";
import { valueShapes } from "../../kv/value/stored-form.ts";
import { assert } from "../../shared/assert.ts";
import { at } from "../../shared/at.ts";

/**
 * Multiplications of decoding a token in all layers.
 *
 * @param values of a full chunk, one for each group of layers that is stored as one
 * @param named the basis of what is transformed
 */
export function decodeMultiplications(
  shape: KvShape,
  values: readonly Uint8Array<ArrayBuffer>[],
  named: NamedBasis | undefined,
): number {
  const transformed = valueShapes(shape, CHUNK_TOKENS).flatMap((valueShape, i) => {
    const value = decodeChunkValue(valueShape, at(values, i));
    assert(value !== undefined, "a value that was just coded is none");
    if (!value.layers.some(({ codec }) => isTransform(codec))) return [];
    assert(named !== undefined, "transformed rows without a basis");
    const blocks = groupBlocks(named, value.layers);
    assert(blocks !== undefined, "the rows are of another basis");
    return blocks.map((block) => blockMultiplications(block, named));
  });
  return transformed.reduce((sum, one) => sum + one, bitsWork(shape).decodeMultiplications);
}

/** Live components of each side times its channels, and what finding each takes. */
function blockMultiplications({ group, codec, block }: GroupBlock, { basis }: NamedBasis): number {
  const own = at(basis.groups, group);
  const shape = { tokens: CHUNK_TOKENS, sideComponents: componentsOf(own) };
  const parsed = parseComponents(transformRateNamed(codec).variant, block, shape);
  assert(parsed !== undefined, "a block that was just coded is none");
  return parsed.live.length * (PER_COMPONENT + own.keys.mean.length);
}
