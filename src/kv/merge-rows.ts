/**
 * @file Several layers' rows stored as one, and what comes back.
 *
 * Merging as MiniCache (arXiv:2405.14366) and Krul (arXiv:2507.08045) do: per token and KV head the two
 * directions meet on the sphere, each layer keeps its own magnitude, and the tokens whose directions
 * differ most are kept for both layers as they are. Beside it, behind the same interface, the first
 * layer's rows for all (alias), and the other layers predicted from the first by a linear map.
 *
 * Keys may be merged after RoPE: rows of one token stand at one position, so that both layers' keys have
 * been turned by one rotation, and what SLERP does to turned vectors is what it does to the vectors,
 * turned. A linear map does not commute with rotations: where keys are predicted, the caller turns them
 * back first.
 *
 * Rows are [tokens, parts, kvHeads, headDim] f16, little-endian, finite.
 */

import { assert } from "../shared/assert.ts";
import { decodeFloats, encodeFloats } from "../shared/number-formats.ts";
import { applyLinearMap, split, type LinearMap } from "./linear-map.ts";

export type RowPart = "keys" | "values";

const BOTH: readonly RowPart[] = ["keys", "values"];

/** Of one layer's rows. */
export interface LayerRowsShape {
  tokens: number;
  kvHeads: number;
  headDim: number;
  /** In order. Both unless said otherwise, as in the cache. */
  parts?: readonly RowPart[];
}

type Rows = Uint8Array<ArrayBuffer>;
type Tokens = Uint32Array<ArrayBuffer>;

const partsOf = ({ parts }: LayerRowsShape): readonly RowPart[] => parts ?? BOTH;
const vectorsOf = (shape: LayerRowsShape): number => partsOf(shape).length * shape.kvHeads;
const tokenBytes = (shape: LayerRowsShape): number => vectorsOf(shape) * shape.headDim * 2;

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

// Merging on the sphere

export interface SlerpOptions {
  /** Where between the first layer's direction, 0, and the second's, 1; halfway by default. */
  t?: number;
  /** Krul's γ: share of the tokens that are kept as they are, 0 to 1. */
  keptShare?: number;
}

/** Two layers' rows, merged. "Shared" tokens are all that are not kept, in order. */
export interface SharedRows {
  shape: LayerRowsShape;
  /** Ascending. */
  keptTokens: Tokens;
  /** f16 [shared tokens, parts, kvHeads, 2]: of both layers, side by side: a word on the GPU. */
  magnitudes: Rows;
  /** f16 [shared tokens, parts, kvHeads, headDim]: of length 1, or 0 where both layers have zeros. */
  directions: Rows;
  /** Of either layer: f16 [kept tokens, parts, kvHeads, headDim]. */
  keptRows: readonly [Rows, Rows];
}

/** Error of a row that is not kept: as far as its direction is from the shared one, plus f16's rounding. */
export function mergeRows(
  pair: readonly [Rows, Rows],
  shape: LayerRowsShape,
  { t = 0.5, keptShare = 0.05 }: SlerpOptions = {},
): SharedRows {
  const pairs = vectorPairs(pair, shape);
  const keptTokens = mostDivergent(pairs, shape, keptShare);
  const kept = new Set(keptTokens);
  const shared = pairs.filter((_, i) => !kept.has(Math.floor(i / vectorsOf(shape))));
  const magnitudes = shared.flatMap(([u, v]) => [storable(u.magnitude), storable(v.magnitude)]);
  const directions = shared.flatMap((vectors) => [...directionBetween(vectors, t)]);
  const keep = (rows: Rows) => gather(rows, keptTokens, tokenBytes(shape));
  return {
    shape,
    keptTokens,
    magnitudes: encodeFloats(Float32Array.from(magnitudes), "f16"),
    directions: encodeFloats(Float32Array.from(directions), "f16"),
    keptRows: [keep(pair[0]), keep(pair[1])],
  };
}

/** The rows of both layers. */
export function unmergeRows(shared: SharedRows): [Rows, Rows] {
  const { shape, keptTokens, keptRows } = shared;
  const directions = decodeFloats(shared.directions, "f16");
  const magnitudes = decodeFloats(shared.magnitudes, "f16");
  const sharedTokens = tokensWithout(keptTokens, shape);
  const layer = (which: 0 | 1): Rows => {
    const magnitude = (i: number) => magnitudes[2 * Math.floor(i / shape.headDim) + which] ?? NaN;
    const scaled = directions.map((x, i) => x * magnitude(i));
    const rows = new Uint8Array(shape.tokens * tokenBytes(shape));
    scatter(rows, encodeFloats(scaled, "f16"), sharedTokens);
    scatter(rows, keptRows[which], keptTokens);
    return rows;
  };
  return [layer(0), layer(1)];
}

/** Of `encodeSharedRows`. */
export const sharedRowsBytes = (shared: SharedRows): number =>
  sectionsOf(shared).reduce((sum, { length }) => sum + length, 0);

/**
 * As it is stored: the number of kept tokens and their indices, u32, then magnitudes, directions, the
 * first layer's kept rows and the second's. With an even head dimension each starts at a whole word.
 */
export function encodeSharedRows(shared: SharedRows): Rows {
  const value = new Uint8Array(sharedRowsBytes(shared));
  let offset = 0;
  for (const section of sectionsOf(shared)) {
    value.set(section, offset);
    offset += section.length;
  }
  return value;
}

function sectionsOf({ keptTokens, magnitudes, directions, keptRows }: SharedRows): Rows[] {
  const head = new Uint8Array(Uint32Array.of(keptTokens.length, ...keptTokens).buffer);
  return [head, magnitudes, directions, ...keptRows];
}

interface Polar {
  magnitude: number;
  /** Of length 1, or zeros. */
  direction: Float64Array;
}

type PolarPair = readonly [Polar, Polar];

/** Of every vector of the rows. */
function vectorPairs([a, b]: readonly [Rows, Rows], shape: LayerRowsShape): PolarPair[] {
  const bytes = shape.tokens * tokenBytes(shape);
  assert(a.length === bytes && b.length === bytes, `rows are not ${bytes} bytes each`);
  const vectors = (rows: Rows) =>
    split(decodeFloats(rows, "f16"), shape.tokens * vectorsOf(shape)).map(polar);
  const others = vectors(b);
  return vectors(a).map((u, i): PolarPair => [u, others[i] ?? u]);
}

function polar(vector: Float64Array): Polar {
  const magnitude = lengthOf(vector);
  return { magnitude, direction: magnitude === 0 ? vector : vector.map((x) => x / magnitude) };
}

const lengthOf = (vector: Float64Array): number =>
  Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));

/** f16 ends at 65504; what is beyond comes back as that rather than infinite. */
const storable = (value: number): number => Math.max(-65504, Math.min(value, 65504));

const mix = ([u, v]: PolarPair, weights: readonly [number, number]): Float64Array =>
  u.direction.map((x, i) => weights[0] * x + weights[1] * (v.direction[i] ?? NaN));

/**
 * In radians. Kahan's formula: an arc cosine loses half of the digits near 0 and π. A zero vector has no
 * direction to be far from.
 */
function angleBetween([u, v]: PolarPair): number {
  if (u.magnitude === 0 || v.magnitude === 0) return 0;
  return 2 * Math.atan2(lengthOf(mix([u, v], [1, -1])), lengthOf(mix([u, v], [1, 1])));
}

/** SLERP (Shoemake 1985). Its common divisor goes, since the result is brought to length 1 anyway. */
function directionBetween([u, v]: PolarPair, t: number): Float64Array {
  const angle = angleBetween([u, v]);
  if (angle === 0) return (u.magnitude === 0 ? v : u).direction;
  // Every arc to the opposite point is as short as any other: the nearer end is as good, and exact for one.
  if (Math.PI - angle < 1e-6) return (t <= 0.5 ? u : v).direction;
  return polar(mix([u, v], [Math.sin((1 - t) * angle), Math.sin(t * angle)])).direction;
}

/** By the largest angle of any of a token's vectors; of equals the earlier token. Ascending. */
function mostDivergent(pairs: readonly PolarPair[], shape: LayerRowsShape, share: number): Tokens {
  const divergence = new Float64Array(shape.tokens);
  pairs.forEach((pair, i) => {
    const token = Math.floor(i / vectorsOf(shape));
    divergence[token] = Math.max(divergence[token] ?? 0, angleBetween(pair));
  });
  // A share such as 0.07 of 100 tokens is a hair above 7 in floating point.
  const count = Math.ceil(share * shape.tokens - 1e-9);
  const byDivergence = (a: number, b: number) =>
    (divergence[b] ?? 0) - (divergence[a] ?? 0) || a - b;
  return Uint32Array.from(divergence.keys()).sort(byDivergence).slice(0, count).sort();
}

function tokensWithout(kept: Uint32Array, { tokens }: LayerRowsShape): number[] {
  const isKept = new Set(kept);
  return Array.from({ length: tokens }, (_, token) => token).filter((one) => !isKept.has(one));
}

/** Blocks of so many bytes each, one after the other. */
function gather(rows: Rows, blocks: ArrayLike<number>, size: number): Rows {
  const some = new Uint8Array(blocks.length * size);
  Array.from(blocks, (block, i) =>
    some.set(rows.subarray(block * size, (block + 1) * size), i * size),
  );
  return some;
}

/** The inverse of `gather`. */
function scatter(rows: Rows, some: Rows, blocks: ArrayLike<number>): void {
  const size = some.length / blocks.length;
  Array.from(blocks, (block, i) => rows.set(some.subarray(i * size, (i + 1) * size), block * size));
}

// Ways to merge

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
 * @param coder for the shared directions; magnitudes and kept rows stay f16
 */
export const slerpMerge = (options?: SlerpOptions, coder: ReferenceCoder = f16Coder): RowMerge => ({
  name: "slerp",
  merge([a, b, ...more], shape) {
    assert(a && b && more.length === 0, "two layers are merged at a time");
    const shared = mergeRows([a, b], shape, options);
    const { directions, keptTokens } = shared;
    const tokens = shape.tokens - keptTokens.length;
    // A coder may have a header: directions that are none at all cost none.
    const none = { bytes: 0, rows: directions };
    const coded = tokens > 0 ? coder(directions, { ...shape, tokens }) : none;
    return {
      bytes: sharedRowsBytes(shared) - directions.length + coded.bytes,
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
