import { assert } from "../../src/shared/assert.ts";
import { f16Codes, f16ToF32, f32ToF16 } from "../../src/shared/number-formats.ts";
import basisGroupWgsl from "./basis-group.wgsl?raw";
import type { RowRun, RowShape } from "../rows/coded-layout.ts";

/** A pair of things: one for K and one for V. */
export type Sides<T> = readonly [keys: T, values: T];

/** Layers whose keys and values are written in one basis. */
export interface GroupShape extends RowShape {
  layers: number;
  /** Number of components of K, and of V. */
  components: Sides<number>;
}

/**
 * The linear maps into a group's basis and back. Channels are counted over layers × kvHeads × headDim, in this
 * order.
 */
export interface GroupTransform extends GroupShape {
  /** [channels] */
  means: Sides<Float32Array>;
  /** [channels, components] */
  forward: Sides<Float32Array>;
  /** [components, channels] */
  inverse: Sides<Float32Array>;
}

/** A run whose components are quantised with one step. */
export interface SteppedRun extends RowRun {
  step: number;
}

/** Both sides' matrices as f16, and the number that a stored 1 of each side stands for, a power of two. */
export interface PackedMatrix {
  words: Uint32Array<ArrayBuffer>;
  units: Sides<number>;
}

/** Numbers of f16 that are packed together, into four words. */
export const PACKED = 8;

/** Tokens for which an invocation of transform-rows, and of reconstruct-rows, makes eight numbers. */
export const INVOCATION_TOKENS = 8;

/** Largest stored number of a side. A number 2^-24 times as large is not subnormal yet. */
const MAX_STORED = 1024;

/** WGSL and constants that the kernels of this room begin with. */
export function basisGroupSnippet({ kvHeads, headDim }: RowShape): {
  wgsl: string;
  constants: Record<string, number>;
} {
  assert(headDim % 4 === 0, `head dimension ${headDim} is not a multiple of 4`);
  return { wgsl: basisGroupWgsl, constants: { KV_HEADS: kvHeads, HEAD_DIM: headDim } };
}

/** Contents of the `run` uniform. @param live number of live components of K, and of V */
export function steppedRunParams(
  { start, tokens, skip, step }: SteppedRun,
  live: Sides<number> = [0, 0],
): Uint32Array<ArrayBuffer> {
  assert(tokens > 0 && tokens % 32 === 0, `${tokens} tokens are no multiple of 32`);
  assert(step > 0, `a step of ${step}`);
  const params = Uint32Array.of(start, tokens, skip, 0, live[0], live[0] + live[1]);
  new Float32Array(params.buffer)[3] = step;
  return params;
}

/** Contents of the `group` uniform. */
export function groupParams(
  { layers, components }: GroupShape,
  units: { forward: Sides<number>; inverse: Sides<number> },
): Uint32Array<ArrayBuffer> {
  const params = Uint32Array.of(layers, 0, ...components, 0, 0, 0, 0);
  new Float32Array(params.buffer).set([...units.forward, ...units.inverse], 4);
  return params;
}

/** Number of tiles (pairs of quads) of one side of a layer. */
export const tilesOf = ({ kvHeads, headDim }: RowShape): number =>
  Math.ceil((kvHeads * headDim) / PACKED);

export const channelsOf = ({ layers, kvHeads, headDim }: GroupShape): number =>
  layers * kvHeads * headDim;

/** Place of each channel of a layer in the layer's tiles. */
function placesOf({ kvHeads, headDim }: RowShape): Uint32Array {
  return Uint32Array.from({ length: kvHeads * headDim }, (_, channel) => {
    const d = channel % headDim;
    const half = headDim / 2;
    const first = d % half;
    return channel - d + Math.floor(first / 2) * 4 + (first % 2) + (d < half ? 0 : 2);
  });
}

/** Contents of the buffer `mean`: [2 sides, layers, tiles, 8]. The matrices are not looked at: making them takes long. */
export function packMeans(
  shape: Omit<GroupTransform, "forward" | "inverse">,
): Float32Array<ArrayBuffer> {
  const { means, layers } = shape;
  const places = placesOf(shape);
  const size = tilesOf(shape) * PACKED;
  const packed = new Float32Array(2 * layers * size);
  for (const [side, mean] of means.entries())
    for (const [channel, value] of mean.entries()) {
      const layer = side * layers + Math.floor(channel / places.length);
      packed[layer * size + (places[channel % places.length] ?? 0)] = value;
    }
  return packed;
}

/** Contents of transform-rows' buffer `matrix`: [channels, blocks of K's components and then of V's, 8]. */
export function packForward(shape: GroupTransform): PackedMatrix {
  const { forward } = shape;
  const channels = channelsOf(shape);
  const blocks = shape.components.map((count) => Math.ceil(count / PACKED));
  const [keyBlocks = 0, valueBlocks = 0] = blocks;
  const stride = (keyBlocks + valueBlocks) * PACKED;
  const halves = new Uint16Array(channels * stride);
  const units = bothSides((side) => {
    const scale = scaleOf(forward[side]);
    const scaled = scaledHalves(forward[side], scale);
    const count = shape.components[side];
    for (let channel = 0; channel < channels; channel++) {
      const at = channel * stride + side * keyBlocks * PACKED;
      halves.set(scaled.subarray(channel * count, (channel + 1) * count), at);
    }
    return 1 / scale;
  });
  return { words: wordsOf(halves), units };
}

/** reconstruct-rows' `matrix`: [components of K, then of V; layers, tiles, 8]. */
export function packInverse(shape: GroupTransform): PackedMatrix {
  const { inverse } = shape;
  const places = placesOf(shape);
  const size = tilesOf(shape) * PACKED;
  const [keys, values] = shape.components;
  const halves = new Uint16Array((keys + values) * shape.layers * size);
  const units = bothSides((side) => {
    const scale = scaleOf(inverse[side]);
    const scaled = scaledHalves(inverse[side], scale);
    for (let row = 0; row < shape.components[side] * shape.layers; row++) {
      const from = row * places.length;
      const to = (side * keys * shape.layers + row) * size;
      for (let channel = 0; channel < places.length; channel++)
        halves[to + (places[channel] ?? 0)] = scaled[from + channel] ?? 0;
    }
    return 1 / scale;
  });
  return { words: wordsOf(halves), units };
}

/** The transform that the kernels compute, whose matrices are rounded to f16. */
export function roundedTransform(transform: GroupTransform): GroupTransform {
  const rounded = (matrix: Float32Array): Float32Array => {
    const scale = scaleOf(matrix);
    return matrix.map((value) => f16ToF32(f32ToF16(value * scale)) / scale);
  };
  const { forward, inverse } = transform;
  return {
    ...transform,
    forward: [rounded(forward[0]), rounded(forward[1])],
    inverse: [rounded(inverse[0]), rounded(inverse[1])],
  };
}

const bothSides = <T>(of: (side: 0 | 1) => T): Sides<T> => [of(0), of(1)];

/** The largest power of two by which a matrix may be multiplied. */
function scaleOf(matrix: Float32Array): number {
  let most = 0;
  for (const value of matrix) most = Math.max(most, Math.abs(value));
  return most > 0 ? 2 ** Math.floor(Math.log2(MAX_STORED / most)) : 1;
}

/** A matrix' numbers times a power of two, as f16. */
function scaledHalves(matrix: Float32Array, scale: number): Uint16Array<ArrayBuffer> {
  return f16Codes(matrix.map((value) => value * scale));
}

/** Words of a buffer. There is at least one, because a binding must not be empty. */
const wordsOf = (halves: Uint16Array<ArrayBuffer>): Uint32Array<ArrayBuffer> =>
  halves.length > 0 ? new Uint32Array(halves.buffer) : new Uint32Array(4);
