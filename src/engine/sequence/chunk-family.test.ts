import { expect, test } from "vitest";
import { familyOfFound, mainFamily } from "./chunk-family.ts";

test("the family of several codecs is the one whose decoding takes the time", () => {
  expect(mainFamily(["f16", "f16"]).name).toBe("f16");
  expect(mainFamily(["f16", "int4-k-channel-v-token"]).name).toBe("rows");
  expect(mainFamily(["transform-30-rans"]).name).toBe("transform");
});

test("a chunk that was found says its family, unless its lineage does", () => {
  expect(familyOfFound({ lineage: "balanced", family: "transform" })).toBe("transform");
  expect(familyOfFound({ lineage: "compact", family: "rows" })).toBe("rows");
  for (const lineage of ["exact", "balanced-recent", "compact-kept"] as const)
    expect(familyOfFound({ lineage })).toBe("f16");
});

test("of a chunk that says no family, or none that there is, the family is not known", () => {
  expect(familyOfFound({ lineage: "balanced" })).toBeUndefined();
  for (const family of ["__proto__", "constructor", "of another version"])
    expect(familyOfFound({ lineage: "balanced", family })).toBeUndefined();
});
