import { describe } from "vitest";
import { expectClose, forSum } from "../../src/device/expect-close.ts";
import { deviceTest } from "../../src/device/testing.ts";
import { sampleParams, sampleTokens } from "./attention-rows.ts";
import {
  momentsBytes,
  queryMomentsGrid,
  queryMomentsReference,
  queryMomentsSource,
  readMoments,
} from "./query-moments.ts";
import { rowHeads } from "../forward/attention.ts";
import { rotationTable } from "../forward/rope-append.ts";

describe("query moments", () => {
  for (const { shape, position, tokens, rows, queriesOnly = false } of [
    { shape: { heads: 4, kvHeads: 4, headDim: 4 }, position: 0, tokens: 1, rows: 16 },
    { shape: { heads: 6, kvHeads: 2, headDim: 32 }, position: 21, tokens: 37, rows: 16 },
    { shape: { heads: 14, kvHeads: 2, headDim: 64 }, position: 5, tokens: 9, rows: 3 },
    { shape: { heads: 5, kvHeads: 1, headDim: 80 }, position: 60, tokens: 7, rows: 4 },
    { shape: { heads: 2, kvHeads: 1, headDim: 96 }, position: 0, tokens: 6, rows: 16 },
    { shape: { heads: 4, kvHeads: 1, headDim: 128 }, position: 3, tokens: 5, rows: 2 },
    {
      shape: { heads: 4, kvHeads: 2, headDim: 16 },
      position: 3,
      tokens: 9,
      rows: 4,
      queriesOnly: true,
    },
  ])
    deviceTest(
      `${JSON.stringify(shape)}, ${tokens} tokens at ${position}: the reference's sums`,
      async ({ hardware }) => {
        const { heads, kvHeads, headDim } = shape;
        const rowSize = rowHeads(shape, queriesOnly) * headDim;
        const frequencies = Array.from({ length: headDim / 2 }, (_, i) => 0.7 ** i);
        const rotation = rotationTable(frequencies, position + tokens);
        const qkv = hardware.randomFloat32(tokens * rowSize);
        const sample = sampleTokens(tokens, rows);
        const [layers, layer] = [3, 1];
        const size = kvHeads * headDim ** 2;
        // The kernel adds to the layer's own sums. Those of other layers stay as they are.
        const before = new Float32Array(layers * size).fill(0.5);
        const moments = hardware.upload(before);
        await hardware.run(
          queryMomentsSource(shape, { queriesOnly }),
          {
            rotation: hardware.upload(rotation),
            qkv: hardware.upload(qkv),
            moments,
            step: hardware.uniform(position, tokens),
            sample: hardware.uniformOf(sampleParams(sample)),
            layer: hardware.uniform(layer),
          },
          queryMomentsGrid(shape),
        );
        const added = queryMomentsReference({ rotation, qkv }, shape, position, {
          ...sample,
          queriesOnly,
        });
        const expected = before.slice();
        added.forEach((value, i) => {
          expected[layer * size + i] = 0.5 + value;
        });
        const terms = (sample.rows * heads) / kvHeads;
        // Two rotated numbers are at most √2 each. The rounding of a rotation counts as two more terms.
        expectClose(
          Float32Array.from(readMoments(await hardware.readFloat32(moments), headDim)),
          expected,
          forSum(terms + 2, 2 * terms + 0.5),
        );
        if (moments.size !== momentsBytes(shape, layers)) throw new Error("another size");
      },
    );
});
