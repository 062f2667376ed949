import { describe, expect, test } from "vitest";
import { parseChatConfig } from "./chat-config.ts";
import { failureOfConfig, URL_OF_CONFIG, variant, type Json } from "./chat-config-testing.ts";

const LAYERS = 16;
const ALL = Array.from({ length: LAYERS }, (_, layer) => layer);

const kvLayersOf = (model: Json) =>
  parseChatConfig(variant({ model }), URL_OF_CONFIG).config.kvLayers;

describe("which layers share K and V", () => {
  test.each<[string, Json]>([
    ["nothing is said", {}],
    ["no layers share", { num_kv_shared_layers: 0 }],
    ["there is a factor, but no CLA", { use_cla: false, cla_share_factor: 2 }],
    ["a factor of 1", { use_cla: true, cla_share_factor: 1 }],
    ["every layer is its own", { layer_types: ALL.join("_") }],
    ["layers are of kinds of attention", { layer_types: ALL.map(() => "full_attention") }],
  ])("%s: none do, and the configuration is as any other", (_, model) => {
    expect(parseChatConfig(variant({ model }), URL_OF_CONFIG).config).not.toHaveProperty(
      "kvLayers",
    );
  });

  test("the last layers attend to the last one before them", () => {
    expect(kvLayersOf({ num_kv_shared_layers: 4 })).toEqual(
      ALL.map((layer) => Math.min(layer, 11)),
    );
    expect(kvLayersOf({ num_kv_shared_layers: 15 })).toEqual(ALL.map(() => 0));
  });

  test("every third layer has K and V", () => {
    const map = kvLayersOf({ use_cla: true, cla_share_factor: 3 });
    expect(map).toEqual([0, 0, 0, 3, 3, 3, 6, 6, 6, 9, 9, 9, 12, 12, 12, 15]);
  });

  test("a map of all layers", () => {
    const map = [0, 1, 0, 1, 4, 4, 4, 4, 8, 9, 8, 9, 12, 12, 12, 12];
    expect(kvLayersOf({ layer_types: map.join("_") })).toEqual(map);
  });
});

describe("what is refused", () => {
  test.each<[string, Json]>([
    ...[-2, 16, 0.5, 2e9, 2 ** 53, "8", [1]].map((value): [string, Json] => [
      "num_kv_shared_layers",
      { num_kv_shared_layers: value },
    ]),
    ...[-2, 0, 17, 0.5, 1e300, "2", null].map((value): [string, Json] => [
      "cla_share_factor",
      { use_cla: true, cla_share_factor: value },
    ]),
    ["use_cla", { use_cla: 1, cla_share_factor: 2 }],
    ...["", "0_1", "0_".repeat(1e5), `${"0_".repeat(15)}16`, `${"0_".repeat(15)}1e1`].map(
      (value): [string, Json] => ["layer_types", { layer_types: value }],
    ),
    ["cla_share_factor", { num_kv_shared_layers: 4, use_cla: true, cla_share_factor: 2 }],
  ])("%s of %j", (field, model) => {
    const failure = failureOfConfig(variant({ model }));
    expect(failure.code === "model-invalid" && failure.detail).toContain(field);
  });

  test("lower layers that attend to a top layer, as LCKV's configurations say it", () => {
    const condensed = [0, ...Array.from({ length: 14 }, () => 14), 15].join("_");
    expect(failureOfConfig(variant({ model: { layer_types: condensed } }))).toEqual({
      code: "model-unsupported",
      what: "shape",
      found: "layer 1 reads K and V of layer 14 above it",
    });
  });

  test("sliding windows in such a map", () => {
    const windows = ALL.map((layer) => `${layer}s`).join("_");
    expect(failureOfConfig(variant({ model: { layer_types: windows } }))).toMatchObject({
      code: "model-unsupported",
    });
  });
});
