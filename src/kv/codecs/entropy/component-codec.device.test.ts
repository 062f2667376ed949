import { describe, expect } from "vitest";
import type {
  ComponentShape,
  ComponentVariant,
} from "../../../../shaders/transform/component-block.ts";
import { componentTables } from "../../../../shaders/transform/component-tables.ts";
import {
  componentParams,
  decodeComponentsGrid,
  decodeComponentsReference,
  decodeComponentsSource,
} from "../../../../shaders/transform/decode-components.ts";
import { dispatchAll, submit } from "../../../device/commands.ts";
import { bindKernel, compileKernel } from "../../../device/kernel.ts";
import { deviceTest, type DeviceHarness } from "../../../device/testing.ts";
import { encodeComponents } from "./component-codec.ts";
import { parseComponents } from "./component-header.ts";
import { laplaceBlock, uniforms, withBitFlipped } from "./component-testing.ts";

type Decode = (bytes: Uint8Array<ArrayBuffer>) => Promise<Int16Array | undefined>;

/** Compiled once, for many blocks of a shape. The decoder gets [live, tokens], if it is a block. */
async function decoder(
  hardware: DeviceHarness,
  variant: ComponentVariant,
  shape: ComponentShape,
): Promise<Decode> {
  const kernel = await compileKernel(hardware.device, decodeComponentsSource(variant));
  const tables = hardware.upload(componentTables().slots);
  return async (bytes) => {
    const parsed = parseComponents(variant, bytes, shape);
    if (!parsed) return undefined;
    const codes = hardware.empty(parsed.live.length * shape.tokens * 4);
    const buffers = {
      block: hardware.upload(bytes),
      params: hardware.upload(componentParams(parsed)),
      tables,
      codes,
    };
    const bound = bindKernel(hardware.device, kernel, buffers);
    submit(hardware.device, (encoder) => {
      dispatchAll(encoder, [{ bound, grid: () => decodeComponentsGrid(parsed) }]);
    });
    return Int16Array.from(await hardware.readFloat32(codes));
  };
}

function expectSame(actual: Int16Array | undefined, expected: Int16Array): void {
  expect(actual?.length).toBe(expected.length);
  expect(expected.findIndex((code, i) => code !== actual?.[i])).toBe(-1);
}

/** The codes of live components. */
function liveCodes({ codes, tokens }: { codes: Int16Array; tokens: number }): Int16Array {
  const rows = Array.from({ length: codes.length / tokens }, (_, i) =>
    codes.subarray(i * tokens, (i + 1) * tokens),
  );
  return Int16Array.from(
    rows.filter((row) => row.some((code) => code !== 0)).flatMap((row) => [...row]),
  );
}

describe.each(["rans", "fixed"] as const)("%s", (variant) => {
  for (const { why, ...shape } of [
    { why: "one side, one stream", sideComponents: [40, 0], tokens: 32, scale: 5, decay: 10 },
    { why: "several streams", sideComponents: [150, 220], tokens: 128, scale: 30, decay: 60 },
    { why: "many escapes", sideComponents: [20, 20], tokens: 96, scale: 4000, decay: 3 },
    { why: "nearly nothing", sideComponents: [30, 30], tokens: 128, scale: 0.2, decay: 5 },
  ] as const)
    deviceTest(`what was encoded comes back: ${why}`, async ({ hardware }) => {
      const { block } = laplaceBlock(shape);
      const decode = await decoder(hardware, variant, block);
      expectSame(await decode(encodeComponents(variant, block)), liveCodes(block));
    });

  deviceTest("random chunks come back exactly, whatever their shape", async ({ hardware }) => {
    const next = uniforms(11);
    const below = (bound: number): number => Math.floor(next.next().value * bound);
    for (let seed = 1; seed <= 16; seed++) {
      const { block } = laplaceBlock({
        sideComponents: [below(200), 1 + below(200)],
        tokens: 32 * (1 + below(5)),
        scale: 1 + 2 ** below(12),
        decay: 1 + below(80),
        seed,
      });
      const decode = await decoder(hardware, variant, block);
      expectSame(await decode(encodeComponents(variant, block)), liveCodes(block));
    }
  });

  deviceTest(
    "a damaged block that is accepted decodes to the reference's garbage",
    async ({ hardware }) => {
      const { block } = laplaceBlock({
        sideComponents: [90, 90],
        tokens: 64,
        scale: 200,
        decay: 15,
      });
      const bytes = encodeComponents(variant, block);
      const decode = await decoder(hardware, variant, block);
      const next = uniforms(7);
      let accepted = 0;
      for (let i = 0; i < 60; i++) {
        // Half of them in the header, or close to it.
        const range = (i % 2 ? bytes.length : 400) * 8;
        const damaged = withBitFlipped(bytes, Math.floor(next.next().value * range));
        const parsed = parseComponents(variant, damaged, block);
        if (!parsed) continue;
        accepted++;
        const words = new Uint32Array(damaged.buffer);
        expectSame(await decode(damaged), decodeComponentsReference(words, parsed));
      }
      expect(accepted).toBeGreaterThan(20);
    },
  );
});
