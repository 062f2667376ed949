import { describe, expect } from "vitest";
import { queryMomentsReference } from "../../../shaders/statistics/query-moments.ts";
import { rotationTable } from "../../../shaders/forward/rope-append.ts";
import { sampleTokens } from "../../../shaders/statistics/attention-rows.ts";
import { boundBuffer, uniformWords } from "../../cpu/dispatches/bound-buffer.ts";
import { KERNEL_TABLE } from "../../cpu/kernel-table.ts";
import { expectClose } from "../../device/expect-close.ts";
import { bindKernel, compileKernel, type KernelSource } from "../../device/kernel.ts";
import { deviceTest, type DeviceHarness } from "../../device/testing.ts";
import { createQueryMoments } from "../../kv/basis/query-moments.ts";
import {
  allSamplers,
  SAMPLED_ROWS,
  type AttentionSampler,
} from "../../kv/cache/attention-sampler.ts";
import { createAttentionSimilarity } from "../../kv/sharing/attention-similarity.ts";
import { at } from "../../shared/at.ts";
import type { ModelSpec } from "../generate/generate-config.ts";
import { generateModel } from "../generate/generate-model.ts";
import { layersByCache, layersToRun, productShape } from "../kv-layers.ts";
import type { ModelConfig } from "../model-config.ts";
import { ropeFrequencies } from "../rope.ts";
import { fetchGenerated, loadTransformer } from "../testing.ts";
import { forwardReference } from "./forward-reference.ts";
import { prefill } from "./prefill.ts";
import type { Transformer } from "./transformer.ts";

const { signal } = new AbortController();
const TOKENS = 45;

/** Models in which layers attend to K and V of others, and the layers that attend to each buffer of the cache. */
const MODELS: { why: string; spec: Partial<ModelSpec>; layers: number[][] }[] = [
  {
    why: "every second layer has K and V (CLA), and heads are normalised",
    spec: {
      architecture: "qwen3",
      layers: 5,
      kvSharing: { use_cla: true, cla_share_factor: 2 },
    },
    layers: [[0, 1], [2, 3], [4]],
  },
  {
    why: "the last layers attend to those of one before them, and products have biases",
    spec: {
      architecture: "qwen2",
      quantization: "q0f16",
      layers: 5,
      heads: 6,
      kvSharing: { num_kv_shared_layers: 3 },
    },
    layers: [[0], [1, 2, 3, 4]],
  },
  {
    why: "a layer attends to those of one far above",
    spec: { layers: 5, kvSharing: { layer_types: "0_1_0_3_1" }, kvHeads: 1, tiedEmbeddings: false },
    layers: [[0, 2], [1, 4], [3]],
  },
];

/** How far logits may be off, for the reasons given in generated-model.device.test.ts. */
const TOLERANCE = { atol: 5e-3, rtol: 0 };

async function load(hardware: DeviceHarness, spec: Partial<ModelSpec>) {
  const model = await generateModel(spec);
  const tokens = Uint32Array.from(
    { length: TOKENS },
    (_, i) => (i * 37 + 5) % model.config.activeVocab,
  );
  const loadOne = async () =>
    (await loadTransformer(hardware, "/generated/", fetchGenerated(model.files))).transformer;
  return { ...model, tokens, loadOne };
}

const rowsOf = (transformer: Transformer, tokens: number) =>
  Promise.all(
    transformer.cache.layers.map((_, layer) =>
      transformer.cache.readRows(layer, { start: 0, end: tokens }),
    ),
  );

const logitsOf = async (transformer: Transformer) => (await transformer.readLogits()).slice();

describe.each(MODELS)("$why", ({ spec, layers }) => {
  deviceTest("agrees with plain loops, in one step and token by token", async ({ hardware }) => {
    const { weights, config, tokens, loadOne } = await load(hardware, spec);
    const transformer = await loadOne();
    expect(layersByCache(config)).toEqual(layers);
    expect(transformer.cache.layers).toHaveLength(layers.length);
    const few = tokens.slice(0, 17);
    const expected = forwardReference(config, weights, few);

    await prefill(hardware.device, transformer, few, { start: 0, output: "logits", signal });
    expectClose(await transformer.readLogits(), expected, TOLERANCE);

    for (const [position, token] of few.slice(0, -1).entries())
      transformer.decodeStep(token, position, "none");
    transformer.decodeStep(few.at(-1) ?? 0, few.length - 1, "logits");
    expectClose(await transformer.readLogits(), expected, TOLERANCE);

    const last = (await transformer.replayStep(few.slice(7), 7)).at(-1) ?? new Float32Array();
    expectClose(last, expected.subarray(0, last.length), TOLERANCE);
  });

  deviceTest(
    "rows and logits do not depend on how a prompt is cut into steps",
    async ({ hardware }) => {
      const { tokens, loadOne } = await load(hardware, spec);
      const [whole, cut] = [await loadOne(), await loadOne()];
      // A sampler of layers that have keys changes nothing, in whatever steps it looks.
      const similarity = await createAttentionSimilarity(hardware, cut.attentionInputs);
      cut.sampleAttention(similarity, { prefillInterval: 1, decodeInterval: 1 });
      whole.prefillStep(tokens, 0, "logits");
      for (const [start, end] of [
        [0, 1],
        [1, 18],
        [18, 44],
      ] as const)
        cut.prefillStep(tokens.slice(start, end), start, "none");
      cut.prefillStep(tokens.slice(44), 44, "logits");
      expect(await logitsOf(cut)).toEqual(await logitsOf(whole));
      expect(await rowsOf(cut, TOKENS)).toEqual(await rowsOf(whole, TOKENS));
    },
  );

  deviceTest("rows are recomputed buffer by buffer, bit for bit", async ({ hardware }) => {
    const { config, tokens, loadOne } = await load(hardware, spec);
    const [whole, stairs] = [await loadOne(), await loadOne()];
    whole.prefillStep(tokens, 0, "none");
    // Fewer tokens with each buffer, and then the rest.
    const depth = layers.length;
    const frontiers = layers.map((_, buffer) => TOKENS - 9 * buffer);
    for (const [buffer, end] of frontiers.entries())
      stairs.prefillLayers(
        tokens.slice(0, end),
        0,
        layersToRun(config, { start: buffer, end: buffer + 1 }),
      );
    for (let buffer = 1; buffer < depth; buffer++)
      stairs.prefillLayers(
        tokens.slice(at(frontiers, buffer), at(frontiers, buffer - 1)),
        at(frontiers, buffer),
        layersToRun(config, { start: buffer, end: depth }),
      );
    expect(await rowsOf(stairs, TOKENS)).toEqual(await rowsOf(whole, TOKENS));
  });

  deviceTest(
    "sampled queries are those of all layers that attend to a buffer",
    async ({ hardware }) => {
      const { config, tokens, loadOne } = await load(hardware, spec);
      const [plain, sampled] = [await loadOne(), await loadOne()];
      const frequencies = ropeFrequencies(config);
      const moments = await createQueryMoments(hardware.device, sampled.attentionInputs, {
        frequencies,
      });
      const similarity = await createAttentionSimilarity(hardware, sampled.attentionInputs);
      const { sampler, kept, words } = await keptQueries(hardware, sampled, config);
      const every = { prefillInterval: 1, decodeInterval: 1 };
      sampled.sampleAttention(allSamplers([similarity, moments, sampler]), every);
      sampled.prefillStep(tokens, 0, "logits");
      plain.prefillStep(tokens, 0, "logits");
      expect(await logitsOf(sampled)).toEqual(await logitsOf(plain));
      expect(await rowsOf(sampled, TOKENS)).toEqual(await rowsOf(plain, TOKENS));

      const { sums } = await moments.read();
      const queries = await hardware.readFloat32(kept);
      const expected = expectedMoments(config, (layer) =>
        queries.subarray(layer * words, (layer + 1) * words),
      );
      const largest = Math.max(...expected);
      // Some hundred products in f32. None of them is larger than the largest sum of squares.
      expectClose(Float32Array.from(sums), Float32Array.from(expected), {
        atol: largest * 2 ** -16,
        rtol: 0,
      });
      expect((await similarity.read()).gram).toHaveLength(layers.length ** 2);
    },
  );
});

/** Copies the queries of one layer after the other: `kept` is [layers, words of `source`]. */
const keepSource: KernelSource<"source" | "kept" | "layer"> = {
  label: "keep queries",
  name: "keep-queries",
  wgsl: [
    "@group(0) @binding(0) var<storage, read> source: array<u32>;",
    "@group(0) @binding(1) var<storage, read_write> kept: array<u32>;",
    "@group(0) @binding(2) var<storage, read_write> layer: u32;",
    "@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {",
    "  let size = arrayLength(&source);",
    "  if (id.x < size) { kept[layer * size + id.x] = source[id.x]; }",
    "}",
  ],
  bindings: { source: "read", kept: "write", layer: "write" },
};

KERNEL_TABLE.set("keep-queries", (request) => () => {
  const [source, kept] = [boundBuffer(request, "source"), boundBuffer(request, "kept")];
  const [layer = 0] = uniformWords(request, boundBuffer(request, "layer"), 1);
  const { bytes } = request.memory;
  bytes.copyWithin(kept.at + layer * source.size, source.at, source.at + source.size);
});

const nextSource: KernelSource<"layer"> = {
  label: "next layer",
  name: "next-layer",
  wgsl: [
    "@group(0) @binding(0) var<storage, read_write> layer: u32;",
    "@compute @workgroup_size(1) fn main() { layer += 1u; }",
  ],
  bindings: { layer: "write" },
};

KERNEL_TABLE.set("next-layer", (request) => () => {
  const words = uniformWords(request, boundBuffer(request, "layer"), 1);
  words[0] = (words[0] ?? 0) + 1;
});

/** A sampler that keeps the queries of every layer of one step, in the order of layers. */
async function keptQueries(hardware: DeviceHarness, transformer: Transformer, config: ModelConfig) {
  const { qkv, cache } = transformer.attentionInputs;
  const [kept, layer] = [hardware.empty(qkv.size * config.layers), hardware.empty(4)];
  const keep = await compileKernel(hardware.device, keepSource);
  const next = await compileKernel(hardware.device, nextSource);
  const grid = [Math.ceil(qkv.size / 4 / 64)] as const;
  const stages = cache.layers.map(() => [
    { bound: bindKernel(hardware.device, keep, { source: qkv, kept, layer }), grid: () => grid },
    { bound: bindKernel(hardware.device, next, { layer }), grid: () => [1] as const },
  ]);
  const sampler: AttentionSampler = { layers: stages, readers: stages, end: [], begin() {} };
  return { sampler, kept, words: qkv.size / 4 };
}

/** For each buffer of the cache, the moments of the queries of all layers that attend to it. */
function expectedMoments(
  config: ModelConfig,
  queriesOf: (layer: number) => Float32Array,
): Float64Array {
  const rotation = rotationTable(ropeFrequencies(config), TOKENS);
  const buffers = layersByCache(config).map((layers) =>
    layers.map((layer) => {
      const queriesOnly = productShape(config, layer).kvHeads === 0;
      const qkv = queriesOf(layer);
      const sample = { ...sampleTokens(TOKENS, SAMPLED_ROWS), queriesOnly };
      return queryMomentsReference({ rotation, qkv }, config, 0, sample);
    }),
  );
  const sums = buffers.flatMap(([first = new Float64Array(), ...others]) => [
    ...first.map((sum, i) => others.reduce((all, other) => all + (other[i] ?? NaN), sum)),
  ]);
  return Float64Array.from(sums);
}
