import { describe, expect, test } from "vitest";
import type { StoredLayer } from "../../value/chunk-value.ts";
import type { BasisGroup, BasisSide, TransformBasis } from "../transform-basis.ts";
import { isTransform, TRANSFORM_STEPS, transformRate } from "./transform-rates.ts";
import { BASIS_ID_BYTES, fitsCache, nameBasis } from "../transform-basis.ts";
import { groupBlocks, namedBlock, transformedGroups } from "./transformed-groups.ts";

const NONE = new Uint8Array();
const empty = new Float32Array();
const side: BasisSide = { mean: empty, weighting: empty, deviations: empty, components: empty };

const group = (start: number, end: number): BasisGroup => ({
  layers: { start, end },
  keys: side,
  values: side,
});

const basis: TransformBasis = {
  kvHeads: 2,
  headDim: 32,
  wideComponents: 0,
  groups: [group(0, 2), group(2, 3)],
};
const named = await nameBasis(basis, Uint8Array.of(1, 2, 3));
const BLOCK = Uint8Array.of(7, 8, 9, 10);

const CODEC = "transform-30-rans";
const layer = (number: number, coded: Uint8Array<ArrayBuffer>, codec = CODEC): StoredLayer => ({
  layer: number,
  codec,
  sinks: NONE,
  coded,
});

describe("blocks of a value", () => {
  test("are those of whole groups, under the name of the basis", () => {
    expect(named.id.length).toBe(BASIS_ID_BYTES);
    const layers = [layer(0, namedBlock(named, BLOCK)), layer(1, NONE)];
    expect(groupBlocks(named, layers)).toEqual([{ group: 0, codec: CODEC, block: BLOCK }]);
  });

  test.each<[string, StoredLayer[]]>([
    ["a layer is missing", [layer(0, namedBlock(named, BLOCK))]],
    [
      "a layer has another rate",
      [layer(0, namedBlock(named, BLOCK)), layer(1, NONE, "transform-10-rans")],
    ],
    ["a layer has bytes of its own", [layer(0, namedBlock(named, BLOCK)), layer(1, BLOCK)]],
    ["the first layer is missing", [layer(1, NONE)]],
    ["there is no name", [layer(0, BLOCK), layer(1, NONE)]],
    [
      "a layer has a partner",
      [layer(0, namedBlock(named, BLOCK)), { ...layer(1, NONE), partner: 2 }],
    ],
  ])("are refused if %s", (_, layers) => {
    expect(groupBlocks(named, layers)).toBeUndefined();
  });

  test("are refused under another basis' name", async () => {
    const other = await nameBasis(basis, Uint8Array.of(1, 2, 4));
    const layers = [layer(0, namedBlock(other, BLOCK)), layer(1, NONE)];
    expect(groupBlocks(named, layers)).toBeUndefined();
  });
});

describe("groups of a form", () => {
  test("are those whose layers are transformed", () => {
    expect(transformedGroups(basis, (one) => (one < 2 ? CODEC : "f16"))).toEqual(
      new Map([[CODEC, [0]]]),
    );
    expect(transformedGroups(basis, () => CODEC)).toEqual(new Map([[CODEC, [0, 1]]]));
  });

  test("are whole", () => {
    expect(() => transformedGroups(basis, (one) => (one < 1 ? CODEC : "f16"))).toThrow("layer 1");
  });
});

test("a basis fits caches of its shape, of whose values none parts a group", () => {
  const shape = { layers: 3, kvHeads: 2, headDim: 32, contextTokens: 256 };
  expect(fitsCache(basis, shape)).toBe(true);
  expect(fitsCache(basis, { ...shape, layers: 4 })).toBe(false);
  expect(fitsCache(basis, { ...shape, kvHeads: 4 })).toBe(false);
  expect(fitsCache(basis, { ...shape, headDim: 64 })).toBe(false);
  expect(fitsCache(basis, { ...shape, valueBytes: 2 * 128 * 256 })).toBe(true);
  expect(fitsCache(basis, { ...shape, valueBytes: 128 * 256 })).toBe(false);
});

test("every rate has a name, and names are of transforms only", () => {
  for (const thousandths of TRANSFORM_STEPS)
    for (const variant of ["rans", "fixed"] as const)
      expect(transformRate(`transform-${thousandths}-${variant}`)).toEqual({
        step: thousandths / 1000,
        variant,
      });
  expect(isTransform("f16")).toBe(false);
  expect(isTransform("int4-k-channel-v-token")).toBe(false);
});
