import { describe, expect } from "vitest";
import { expectClose } from "../../src/gpu/expect-close.ts";
import { gpuTest } from "../../src/gpu/testing.ts";
import { decodeFloats } from "../../src/shared/number-formats.ts";
import {
  ropeAppendGrid,
  ropeAppendReference,
  ropeAppendSource,
  rotationTable,
} from "./rope-append.ts";

const CONTEXT = 96;

describe("rope-append", () => {
  for (const { tokens, position, shape } of [
    { tokens: 1, position: 0, shape: { heads: 1, kvHeads: 1, headDim: 4 } },
    { tokens: 1, position: 95, shape: { heads: 6, kvHeads: 2, headDim: 32 } }, // the last row
    { tokens: 65, position: 7, shape: { heads: 4, kvHeads: 4, headDim: 8 } },
  ]) {
    const { heads, kvHeads, headDim } = shape;
    gpuTest(`${tokens} tokens at ${position}, ${heads} heads of ${headDim}`, async ({ gpu }) => {
      const frequencies = Array.from({ length: headDim / 2 }, (_, i) => 100 ** (-i / headDim));
      const rotation = rotationTable(frequencies, CONTEXT);
      const qkv = gpu.randomFloat32(tokens * (heads + 2 * kvHeads) * headDim);
      // Rows that were there before must stay as they are.
      const cache = new Uint16Array(CONTEXT * 2 * kvHeads * headDim).fill(0x3555);
      const buffers = {
        rotation: gpu.upload(rotation),
        qkv: gpu.upload(qkv),
        cache: gpu.upload(cache),
        step: gpu.uniform(position, tokens),
      };
      await gpu.run(ropeAppendSource(shape), buffers, ropeAppendGrid(shape, tokens));

      const untouched = cache.slice(0, position * 2 * kvHeads * headDim);
      ropeAppendReference({ rotation, qkv, cache }, shape, position);
      // Two products of numbers below 1 and their sum: three roundings of 2^-24.
      expectClose(await gpu.readFloat32(buffers.qkv), qkv, { atol: 3 * 2 ** -24, rtol: 0 });
      const stored = new Uint16Array(await gpu.read(buffers.cache));
      // One f16 step: the f32 before it may lie on the other side of a tie.
      const f16 = (codes: Uint16Array) => decodeFloats(new Uint8Array(codes.slice().buffer), "f16");
      expectClose(f16(stored), f16(cache), { atol: 2 ** -24, rtol: 2 ** -10 });
      expect(stored.slice(0, untouched.length)).toEqual(untouched);
    });
  }
});
