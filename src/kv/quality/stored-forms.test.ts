import { expect, test } from "vitest";
import { assert } from "../../shared/assert.ts";
import { ROW_CODEC_NAMES, rowCodec, type RowCodecName } from "../codecs/rows/row-codec.ts";
import { storedForm, usualCodecs } from "./stored-forms.ts";

const NO_MAP = { layers: 12, pairs: [] };

const codecs = (codec: Parameters<typeof storedForm>[0]["codec"], headDim = 32) => {
  const form = storedForm({ codec, map: NO_MAP }, { headDim, layers: 12 });
  return Array.from({ length: 12 }, (_, layer) => form?.codecOf(layer));
};

test("rows as they are have no form", () => {
  expect(storedForm({ codec: "f16", map: NO_MAP }, { headDim: 32, layers: 12 })).toBeUndefined();
});

test("where there are two codecs, the last quarter of the layers has the second", () => {
  const bits = codecs("int3-int4").map(
    (name) => ROW_CODEC_NAMES.includes(name as RowCodecName) && rowCodec(name as RowCodecName).bits,
  );
  expect(bits).toEqual([...Array<number>(9).fill(3), 4, 4, 4]);
  expect(new Set(codecs("int4")).size).toBe(1);
});

test("a head that no Hadamard matrix fits takes the codec without one", () => {
  for (const headDim of [64, 80, 96])
    expect(codecs("int4", headDim)[0]).toBe("int4-hadamard-k-channel-v-token");
  for (const headDim of [8, 40]) expect(codecs("int4", headDim)[0]).toBe("int4-k-channel-v-token");
  for (const headDim of [8, 40])
    for (const codec of ["int2", "int2-int4", "int3-int4", "int8"] as const)
      for (const name of codecs(codec, headDim)) expect(ROW_CODEC_NAMES).toContain(name);
});

test("biased keys are kept without their position, at every rate of bits", () => {
  for (const headDim of [40, 64])
    for (const codec of ["int2", "int2-int4", "int3-int4", "int4", "int8"]) {
      const shape = { headDim, layers: 12 };
      const biased = storedForm({ codec, map: NO_MAP }, { ...shape, biasedKeys: true });
      const plain = storedForm({ codec, map: NO_MAP }, shape);
      for (const layer of [0, 11]) {
        const [one, other] = [biased, plain].map((form) => form?.codecOf(layer) as RowCodecName);
        assert(one && other, "all rates have forms");
        expect(rowCodec(one)).toEqual({ ...rowCodec(other), name: one, unrope: true });
      }
    }
});

test("transformed rows are so in all layers", () => {
  expect(new Set(codecs("transform-20"))).toEqual(new Set(["transform-20-rans"]));
});

test("what is stored most often is known of each family", () => {
  const shape = { headDim: 32, layers: 12 };
  const usual = (...families: string[]) => usualCodecs(shape, new Set(families));
  expect(usual("transform")).toEqual(["transform-30-rans"]);
  expect(usual("rows", "exact")).toEqual(["int8-k-channel-v-token"]);
  expect(usual("transform", "rows")).toHaveLength(2);
  expect(usual()).toEqual([]);
});
