import { describe } from "vitest";
import { expectClose } from "../../src/device/expect-close.ts";
import { deviceTest } from "../../src/device/testing.ts";
import { embedGrid, embedReference, embedSource } from "./embed.ts";
import { linearParams } from "./linear.ts";
import { columnsOf, packWeights, WEIGHT_FORMATS } from "../testing.ts";
import { dequantizeReference } from "./weight-format.ts";

describe("embed", () => {
  for (const format of WEIGHT_FORMATS)
    deviceTest(
      `${format}: copies the rows of the tokens, repeated ones too`,
      async ({ hardware }) => {
        const columns = columnsOf(format, 96);
        const shape = { rows: 12, columns };
        const bytes = packWeights(format, hardware.randomFloat32(12 * columns), shape);
        const tokenIds = Uint32Array.of(11, 0, 3, 3, 7);
        const x = hardware.empty(tokenIds.length * columns * 4);
        const buffers = {
          weights: hardware.upload(bytes),
          tokenIds: hardware.upload(tokenIds),
          x,
          params: hardware.uniformOf(linearParams(shape)),
          step: hardware.uniform(0, tokenIds.length),
        };
        await hardware.run(embedSource(format), buffers, embedGrid(columns, tokenIds.length));
        const expected = embedReference(
          dequantizeReference(format, bytes, shape),
          tokenIds,
          columns,
        );
        // A conversion and one multiplication, correctly rounded on both sides.
        expectClose(await hardware.readFloat32(x), expected, { exact: true });
      },
    );
});
