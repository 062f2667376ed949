/**
 * @file Ways to store several layers' rows together, behind one interface: each layer by itself (separate), two layers
 * merged on the sphere (slerp), the first layer's rows for all (alias), or the other layers predicted from the first by
 * a linear map (predicted).
 *
 * A linear map does not commute with rotations. Where keys are predicted, the caller rotates them back to position 0
 * first.
 *
 * Rows are [tokens, parts, kvHeads, headDim] f16, little-endian, finite.
 */

import { assert } from "../../shared/assert.ts";
import { decodeFloats, encodeFloats } from "../../shared/number-formats.ts";
import { applyLinearMap, type LinearMap } from "./linear-map.ts";
import {
  mergeRows,
  partsOf,
  sharedRowsBytes,
  unmergeRows,
  type LayerRowsShape,
  type RowPart,
  type RowBytes,
  type SlerpOptions,
} from "../../kv/codecs/pairs/merge-rows.ts";

/** Result of coding rows: the number of bytes stored, with everything that decoding needs, and the decoded rows. */
export interface CodedRows {
  bytes: number;
  rows: RowBytes;
}

/** Codes rows and decodes them again, on the CPU. */
export type ReferenceCoder = (rows: RowBytes, shape: LayerRowsShape) => CodedRows;

export const f16Coder: ReferenceCoder = (rows) => ({ bytes: rows.length, rows });

export interface MergedRows {
  /** Bytes of all layers together, with everything that a conversation must store to get them back. */
  bytes: number;
  /** The decoded rows of all layers, in the order in which the layers were given. */
  layers: RowBytes[];
}

/** A way to store several layers together. */
export interface RowMerge {
  name: string;
  /** @param layers rows of each layer, all of `shape`; the first is the keeping layer */
  merge(layers: readonly RowBytes[], shape: LayerRowsShape): MergedRows;
}

/** Stores the rows of every layer by themselves. */
export const separateMerge = (coder: ReferenceCoder = f16Coder): RowMerge => ({
  name: "separate",
  merge: (layers, shape) => together(layers.map((rows) => coder(rows, shape))),
});

const together = (layers: readonly CodedRows[]): MergedRows => ({
  bytes: layers.reduce((sum, { bytes }) => sum + bytes, 0),
  layers: layers.map(({ rows }) => rows),
});

/**
 * Merges two layers on the sphere, as Krul does it. Keys and values of the same, most divergent, tokens are kept as
 * they are. With `mergeByPart` keys and values choose different tokens, as in MiniCache.
 *
 * @param coder codes the directions of all tokens; magnitudes and kept rows stay f16
 */
export const slerpMerge = (options?: SlerpOptions, coder: ReferenceCoder = f16Coder): RowMerge => ({
  name: "slerp",
  merge([a, b, ...more], shape) {
    assert(a && b && more.length === 0, "two layers are merged at a time");
    const shared = mergeRows([a, b], shape, options);
    const coded = coder(shared.directions, shape);
    return {
      bytes: sharedRowsBytes(shared) - shared.directions.length + coded.bytes,
      layers: unmergeRows({ ...shared, directions: coded.rows }),
    };
  },
});

export interface FromFirstOptions {
  /** Coder of the keeping layer. */
  coder?: ReferenceCoder;
  /** Coder, with few bits, of the other layers' prediction errors. If absent, the errors are not stored. */
  residual?: ReferenceCoder;
}

/** Takes the first layer's rows for all layers. Source: KVSharer, arXiv:2410.18517. */
export const aliasMerge = (options: FromFirstOptions = {}): RowMerge =>
  fromFirst("alias", options, (kept) => kept);

/**
 * Predicts the other layers from the first: whole rows from whole rows, or with `mergeByPart` keys from keys and values
 * from values.
 *
 * @param maps one for every layer after the first, from and to all channels of a token, fitted on rows of other
 *   conversations with keys before RoPE. They belong to the model like its weights, so they do not count as bytes of
 *   a conversation.
 */
export const predictedMerge = (maps: readonly LinearMap[], options: FromFirstOptions = {}) =>
  fromFirst("predicted", options, (kept, layer) => {
    const map = maps[layer - 1];
    assert(map, `there is no map for layer ${layer} of those that share`);
    const predicted = applyLinearMap(map, decodeFloats(kept, "f16"));
    return encodeFloats(predicted.map(storable), "f16");
  });

/** @param predict gets the decoded rows of the first layer, so that a residual corrects its coder's errors too */
function fromFirst(
  name: string,
  { coder = f16Coder, residual }: FromFirstOptions,
  predict: (kept: RowBytes, layer: number) => RowBytes,
): RowMerge {
  return {
    name,
    merge([first, ...others], shape) {
      assert(first, "there is a layer to keep");
      const kept = coder(first, shape);
      const layers = others.map((rows, i) => {
        const predicted = predict(kept.rows, i + 1);
        if (!residual) return { bytes: 0, rows: predicted };
        const missed = residual(sumOf(rows, predicted, -1), shape);
        return { bytes: missed.bytes, rows: sumOf(predicted, missed.rows, 1) };
      });
      return together([kept, ...layers]);
    },
  };
}

/** Numbers beyond the largest f16, 65504, become that instead of infinite. */
const storable = (value: number): number => Math.max(-65504, Math.min(value, 65504));

function sumOf(a: RowBytes, b: RowBytes, factor: 1 | -1): RowBytes {
  const other = decodeFloats(b, "f16");
  const sum = decodeFloats(a, "f16").map((x, i) => storable(x + factor * (other[i] ?? NaN)));
  return encodeFloats(sum, "f16");
}

/** Stores keys in one way and values in another. */
export function mergeByPart(ways: Readonly<Record<RowPart, RowMerge>>): RowMerge {
  return {
    name: [...new Set([ways.keys.name, ways.values.name])].join("/"),
    merge(layers, shape) {
      const size = shape.kvHeads * shape.headDim * 2;
      const whole = layers.map((rows) => new Uint8Array(rows.length));
      let bytes = 0;
      partsOf(shape).forEach((part, first, { length }) => {
        const blocks = Array.from({ length: shape.tokens }, (_, token) => token * length + first);
        const alone = layers.map((rows) => gather(rows, blocks, size));
        const merged = ways[part].merge(alone, { ...shape, parts: [part] });
        bytes += merged.bytes;
        whole.forEach((rows, i) => scatter(rows, merged.layers[i] ?? rows, blocks));
      });
      return { bytes, layers: whole };
    },
  };
}

/** Copies blocks of `size` bytes one after the other. @param blocks numbers of the blocks */
function gather(rows: RowBytes, blocks: readonly number[], size: number): RowBytes {
  const some = new Uint8Array(blocks.length * size);
  blocks.forEach((block, i) => {
    some.set(rows.subarray(block * size, (block + 1) * size), i * size);
  });
  return some;
}

/** Copies gathered blocks back to where they came from. */
function scatter(rows: RowBytes, some: RowBytes, blocks: readonly number[]): void {
  const size = some.length / blocks.length;
  blocks.forEach((block, i) => {
    rows.set(some.subarray(i * size, (i + 1) * size), block * size);
  });
}
