import { describe } from "vitest";
import { expectClose } from "../../src/gpu/expect-close.ts";
import { gpuTest } from "../../src/gpu/testing.ts";
import { embedGrid, embedReference, embedSource } from "./embed.ts";
import { linearParams } from "./linear.ts";
import { columnsOf, packWeights, WEIGHT_FORMATS } from "../testing.ts";
import { dequantizeReference } from "./weight-format.ts";

describe("embed", () => {
  for (const format of WEIGHT_FORMATS)
    gpuTest(`${format}: copies the rows of the tokens, repeated ones too`, async ({ gpu }) => {
      const columns = columnsOf(format, 96);
      const shape = { rows: 12, columns };
      const bytes = packWeights(format, gpu.randomFloat32(12 * columns), shape);
      const tokenIds = Uint32Array.of(11, 0, 3, 3, 7);
      const x = gpu.empty(tokenIds.length * columns * 4);
      const buffers = {
        weights: gpu.upload(bytes),
        tokenIds: gpu.upload(tokenIds),
        x,
        params: gpu.uniformOf(linearParams(shape)),
        step: gpu.uniform(0, tokenIds.length),
      };
      await gpu.run(embedSource(format), buffers, embedGrid(columns, tokenIds.length));
      const expected = embedReference(dequantizeReference(format, bytes, shape), tokenIds, columns);
      // A conversion and one multiplication, correctly rounded on both sides.
      expectClose(await gpu.readFloat32(x), expected, { exact: true });
    });
});
