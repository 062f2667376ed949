import { describe } from "vitest";
import { expectClose, forSum } from "../../src/device/expect-close.ts";
import { deviceTest } from "../../src/device/testing.ts";
import { linearParams } from "./linear.ts";
import { rmsNormGrid, rmsNormReference, rmsNormSource } from "./rms-norm.ts";
import { laneSharings } from "../testing.ts";

describe("rms-norm", () => {
  // One quad of channels, a width that no number of lanes divides, more tokens than a workgroup takes, and values whose
  // squares are far beyond f16.
  for (const { tokens, columns, scale } of [
    { tokens: 1, columns: 4, scale: 1 },
    { tokens: 5, columns: 36, scale: 1 },
    { tokens: 65, columns: 192, scale: 1 },
    { tokens: 2, columns: 64, scale: 2e5 },
  ])
    deviceTest(
      `agrees with the reference at [${tokens}, ${columns}], up to ${scale}`,
      async ({ hardware }) => {
        const x = hardware.randomFloat32(tokens * columns).map((value) => value * scale);
        const gain = hardware.randomFloat32(columns);
        for (const sharing of laneSharings(hardware)) {
          const y = hardware.empty(x.byteLength);
          const buffers = {
            x: hardware.upload(x),
            gain: hardware.upload(gain),
            y,
            params: hardware.uniformOf(linearParams({ rows: 0, columns }, { epsilon: 1e-5 })),
            step: hardware.uniform(0, tokens),
          };
          await hardware.run(rmsNormSource(sharing), buffers, rmsNormGrid(tokens, sharing));
          // The sum of squares is positive, so its error is relative; the root halves it.
          const { atol } = { atol: 0, ...forSum(columns, 1) };
          expectClose(await hardware.readFloat32(y), rmsNormReference(x, gain, 1e-5), {
            atol: 1e-6,
            rtol: atol + 2 ** -21, // and WGSL allows 2 ULP for inverseSqrt
          });
        }
      },
    );
});
