/**
 * @file Ways to store several layers' rows together, behind one interface: each by itself (separate), two
 * merged on the sphere (slerp), the first layer's rows for all (alias), or the other layers predicted from
 * the first by a linear map.
 *
 * A linear map does not commute with rotations: where keys are predicted, the caller turns them back to
 * position 0 first.
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
  type Rows,
  type SlerpOptions,
} from "../../kv/codecs/pairs/merge-rows.ts";

/** What a coder makes of rows: how many bytes it stores, all that it needs included, and what it reads back. */
export interface CodedRows {
  bytes: number;
  rows: Rows;
}

/** Both ways at once, on the CPU. */
export type ReferenceCoder = (rows: Rows, shape: LayerRowsShape) => CodedRows;

export const f16Coder: ReferenceCoder = (rows) => ({ bytes: rows.length, rows });

export interface MergedRows {
  /** Of all layers together, with everything that this conversation must store to get them back. */
  bytes: number;
  /** The layers as they come back, in the order they were given. */
  layers: Rows[];
}

/** A way to store several layers together. */
export interface RowMerge {
  name: string;
  /** @param layers each of `shape`; the first is the one that keeps */
  merge(layers: readonly Rows[], shape: LayerRowsShape): MergedRows;
}

/** Every layer keeps its own. */
export const separateMerge = (coder: ReferenceCoder = f16Coder): RowMerge => ({
  name: "separate",
  merge: (layers, shape) => together(layers.map((rows) => coder(rows, shape))),
});

const together = (layers: readonly CodedRows[]): MergedRows => ({
  bytes: layers.reduce((sum, { bytes }) => sum + bytes, 0),
  layers: layers.map(({ rows }) => rows),
});

/**
 * Krul's. Of whole rows the most divergent tokens are kept with keys and values; with `mergeByPart` either
 * part keeps its own, as MiniCache has it.
 *
 * @param coder for the directions of all tokens; magnitudes and kept rows stay f16
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
  /** For the layer that keeps. */
  coder?: ReferenceCoder;
  /** For what is missed of every other layer: few bits. Without one it stays missed. */
  residual?: ReferenceCoder;
}

/** The first layer's rows stand for all. Source: KVSharer, arXiv:2410.18517. */
export const aliasMerge = (options: FromFirstOptions = {}): RowMerge =>
  fromFirst("alias", options, (kept) => kept);

/**
 * The other layers predicted from the first: of whole rows, or with `mergeByPart` keys from keys and
 * values from values.
 *
 * @param maps for every layer after the first, from and to all channels of a token, fitted on other
 *   conversations' rows, keys before RoPE. They belong to the model, as its weights do: no conversation's
 *   bytes count them
 */
export const predictedMerge = (maps: readonly LinearMap[], options: FromFirstOptions = {}) =>
  fromFirst("predicted", options, (kept, layer) => {
    const map = maps[layer - 1];
    assert(map, `there is no map for layer ${layer} of those that share`);
    const predicted = applyLinearMap(map, decodeFloats(kept, "f16"));
    return encodeFloats(predicted.map(storable), "f16");
  });

/** @param predict is given what comes back of the first layer, so that a residual makes up for its coder too */
function fromFirst(
  name: string,
  { coder = f16Coder, residual }: FromFirstOptions,
  predict: (kept: Rows, layer: number) => Rows,
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

/** f16 ends at 65504; what is beyond comes back as that rather than infinite. */
const storable = (value: number): number => Math.max(-65504, Math.min(value, 65504));

function sumOf(a: Rows, b: Rows, factor: 1 | -1): Rows {
  const other = decodeFloats(b, "f16");
  const sum = decodeFloats(a, "f16").map((x, i) => storable(x + factor * (other[i] ?? NaN)));
  return encodeFloats(sum, "f16");
}

/** Keys one way, values another. */
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

/** Blocks of so many bytes each, one after the other. */
function gather(rows: Rows, blocks: readonly number[], size: number): Rows {
  const some = new Uint8Array(blocks.length * size);
  blocks.forEach((block, i) => {
    some.set(rows.subarray(block * size, (block + 1) * size), i * size);
  });
  return some;
}

/** The inverse of `gather`. */
function scatter(rows: Rows, some: Rows, blocks: readonly number[]): void {
  const size = some.length / blocks.length;
  blocks.forEach((block, i) => {
    rows.set(some.subarray(i * size, (i + 1) * size), block * size);
  });
}
