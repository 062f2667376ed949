import { describe, expect } from "vitest";
import { attentionGramReference } from "../../../shaders/statistics/attention-gram.ts";
import {
  attentionRowsReference,
  sampleTokens,
} from "../../../shaders/statistics/attention-rows.ts";
import { KERNEL_TABLE } from "../../cpu/kernel-table.ts";
import { expectClose } from "../../device/expect-close.ts";
import { bindKernel, compileKernel, type KernelSource } from "../../device/kernel.ts";
import { deviceTest, type DeviceHarness } from "../../device/testing.ts";
import { allSamplers } from "../../kv/cache/attention-sampler.ts";
import { createAttentionSimilarity } from "../../kv/sharing/attention-similarity.ts";
import { createQueryMoments } from "../../kv/basis/query-moments.ts";
import { decodeFloats } from "../../shared/number-formats.ts";
import { forwardReference } from "./forward-reference.ts";
import { LLAMA3_SCALING, type ModelSpec } from "../generate/generate-config.ts";
import { generateModel } from "../generate/generate-model.ts";
import { prefill } from "./prefill.ts";
import { replay } from "./replay.ts";
import { ropeFrequencies } from "../rope.ts";
import { fetchGenerated, loadTransformer } from "../testing.ts";
import type { Transformer } from "./transformer.ts";

const { signal } = new AbortController();

const MODELS: { why: string; spec: Partial<ModelSpec> }[] = [
  { why: "q4f16_1", spec: { quantization: "q4f16_1" } },
  { why: "q4f32_1, untied head", spec: { quantization: "q4f32_1", tiedEmbeddings: false } },
  { why: "q0f16, Llama 3 RoPE", spec: { quantization: "q0f16", ropeScaling: LLAMA3_SCALING } },
  { why: "q0f32", spec: { quantization: "q0f32" } },
  {
    why: "q4f16_1, heads of 64 that share one key, odd sizes",
    spec: { layers: 3, hidden: 160, ffn: 224, heads: 5, kvHeads: 1, headDim: 64 },
  },
];

/**
 * How far logits, which are of the order of 1, may be off. K and V are rounded to f16, and an f32 sum next to a tie may
 * round to the other side, which changes a few channels by a relative 2^-10. The rest is f32 noise.
 */
const TOLERANCE = { atol: 5e-3, rtol: 0 };

describe.each(MODELS)("a generated model: $why", ({ spec }) => {
  deviceTest(
    "agrees with its dequantised reference, in one step and token by token",
    async ({ hardware }) => {
      const { files, weights, config } = await generateModel(spec);
      const { transformer } = await loadTransformer(hardware, "/generated/", fetchGenerated(files));
      const tokens = Uint32Array.from({ length: 19 }, (_, i) => (i * 37 + 5) % config.activeVocab);
      const expected = forwardReference(config, weights, tokens);

      await prefill(hardware.device, transformer, tokens, { start: 0, output: "logits", signal });
      expectClose(await transformer.readLogits(), expected, TOLERANCE);

      const [last] = tokens.slice(-1);
      for (const [position, token] of tokens.slice(0, -1).entries())
        transformer.decodeStep(token, position, "none");
      transformer.decodeStep(last ?? 0, tokens.length - 1, "logits");
      expectClose(await transformer.readLogits(), expected, TOLERANCE);
    },
  );

  deviceTest(
    "tells what it expects after every token of what it reads again",
    async ({ hardware }) => {
      const { files, weights, config } = await generateModel(spec);
      const load = () => loadTransformer(hardware, "/generated/", fetchGenerated(files));
      const { transformer } = await load();
      const { transformer: prefilled } = await load();
      const tokens = Uint32Array.from({ length: 43 }, (_, i) => (i * 29 + 3) % config.activeVocab);
      const start = 6;
      await prefill(hardware.device, transformer, tokens.slice(0, start), {
        start: 0,
        output: "none",
        signal,
      });
      // The replay takes two steps.
      const logits = await replay(transformer, tokens.slice(start), { start, signal });
      expect(logits).toHaveLength(tokens.length - start);
      for (const position of [start, 20, 37, 38, tokens.length - 1]) {
        const expected = forwardReference(config, weights, tokens.slice(0, position + 1));
        expectClose(logits?.[position - start] ?? new Float32Array(), expected, TOLERANCE);
      }
      prefilled.prefillStep(tokens, 0, "none");
      const rows = { start: 0, end: tokens.length };
      const lastLayer = config.layers - 1;
      expect(await transformer.cache.readRows(lastLayer, rows)).toEqual(
        await prefilled.cache.readRows(lastLayer, rows),
      );
    },
  );
});

describe("the KV cache", () => {
  deviceTest(
    "rows written from outside continue as the ones they were read from",
    async ({ hardware }) => {
      const { files, config } = await generateModel();
      const load = () => loadTransformer(hardware, "/generated/", fetchGenerated(files));
      // They are loaded one after the other, so that the second finds the pipelines of the first compiled.
      const { transformer: first } = await load();
      const { transformer: second } = await load();
      const history = Uint32Array.from({ length: 70 }, (_, i) => (i * 31 + 7) % config.activeVocab);
      await prefill(hardware.device, first, history, { start: 0, output: "none", signal });

      for (let layer = 0; layer < config.layers; layer++) {
        // The rows are written in two pieces, as chunks are.
        for (const range of [
          { start: 0, end: 64 },
          { start: 64, end: 70 },
        ])
          second.cache.writeRows(layer, range.start, await first.cache.readRows(layer, range));
      }
      const logits = [];
      for (const transformer of [first, second]) {
        transformer.decodeStep(3, history.length, "logits");
        logits.push((await transformer.readLogits()).slice());
      }
      expect(logits[1]).toEqual(logits[0]);
    },
  );

  deviceTest("a row does not depend on how the prompt was cut into steps", async ({ hardware }) => {
    const { files, config } = await generateModel();
    const load = () => loadTransformer(hardware, "/generated/", fetchGenerated(files));
    const { transformer: whole } = await load();
    const { transformer: pieces } = await load();
    const tokens = Uint32Array.from({ length: 90 }, (_, i) => (i * 53 + 1) % config.activeVocab);
    whole.prefillStep(tokens, 0, "none");
    pieces.prefillStep(tokens.slice(0, 5), 0, "none");
    pieces.prefillStep(tokens.slice(5, 71), 5, "none");
    pieces.prefillStep(tokens.slice(71, 89), 71, "none");
    pieces.prefillStep(tokens.slice(89), 89, "none");
    const all = { start: 0, end: tokens.length };
    const lastLayer = config.layers - 1;
    expect(await pieces.cache.readRows(lastLayer, all)).toEqual(
      await whole.cache.readRows(lastLayer, all),
    );
  });
});

const copySource: KernelSource<"source" | "copy"> = {
  label: "copy",
  name: "copy",
  wgsl: [
    "@group(0) @binding(0) var<storage, read> source: array<u32>;",
    "@group(0) @binding(1) var<storage, read_write> copy: array<u32>;",
    "@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {",
    "  if (id.x < arrayLength(&source)) { copy[id.x] = source[id.x]; }",
    "}",
  ],
  bindings: { source: "read", copy: "write" },
};

KERNEL_TABLE.set("copy", ({ memory, buffers: { source, copy } }) => () => {
  const { at, size } = source ?? { at: 0, size: 0 };
  memory.bytes.copyWithin(copy?.at ?? 0, at, at + size);
});

/** An estimator whose stages also keep each layer's queries as they were when it saw them. */
async function estimatorThatKeepsQueries(
  hardware: DeviceHarness,
  transformer: Transformer,
  rows: number,
) {
  const { attentionInputs } = transformer;
  const { qkv, cache } = attentionInputs;
  const similarity = await createAttentionSimilarity(hardware, attentionInputs, { rows });
  const kernel = await compileKernel(hardware.device, copySource);
  const queries = cache.layers.map(() => hardware.empty(qkv.size));
  const layers = similarity.layers.map((stages, layer) => {
    const copy = queries[layer] ?? qkv;
    const bound = bindKernel(hardware.device, kernel, { source: qkv, copy });
    return [...stages, { bound, grid: () => [Math.ceil(qkv.size / 4 / 64)] as const }];
  });
  return { similarity: { ...similarity, layers }, queries };
}

describe("steps through some of the layers", () => {
  const TOKENS = 40;

  deviceTest(
    "leave the rows and the logits of steps through all, bit for bit",
    async ({ hardware }) => {
      const { files, config } = await generateModel({ layers: 4 });
      const load = () => loadTransformer(hardware, "/generated/", fetchGenerated(files));
      const [{ transformer: whole }, { transformer: cut }] = await Promise.all([load(), load()]);
      const tokens = Uint32Array.from(
        { length: TOKENS + 1 },
        (_, i) => (i * 37 + 5) % config.activeVocab,
      );
      const part = (start: number, end: number) => tokens.slice(start, end);
      whole.prefillStep(part(0, TOKENS), 0, "none");
      // The steps form a staircase and then fill the rest: every row's layers come in order, and no row before the rows
      // it attends to.
      cut.prefillLayers(part(0, 16), 0, { start: 0, end: 3 });
      cut.prefillLayers(part(16, TOKENS), 16, { start: 0, end: 1 });
      cut.prefillLayers(part(16, 30), 16, { start: 1, end: 3 });
      cut.prefillLayers(part(0, 30), 0, { start: 3, end: 4 });
      cut.prefillLayers(part(30, TOKENS), 30, { start: 1, end: 4 });
      for (let layer = 0; layer < config.layers; layer++) {
        const rows = { start: 0, end: TOKENS };
        expect(await cut.cache.readRows(layer, rows)).toEqual(
          await whole.cache.readRows(layer, rows),
        );
      }
      const logits = async (transformer: Transformer) => {
        transformer.prefillStep(part(TOKENS, TOKENS + 1), TOKENS, "logits");
        return (await transformer.readLogits()).slice();
      };
      expect(await logits(cut)).toEqual(await logits(whole));
    },
  );
});

/** Tolerance of one step of f16, because WGSL lets a conversion to f16 take either neighbour. */
const F16_STEP = { atol: 2 ** -24, rtol: 2 ** -10 };

describe("sampled attention", () => {
  const TOKENS = 50;

  deviceTest("leaves logits and cache as they are, bit for bit", async ({ hardware }) => {
    const { files, config } = await generateModel({ layers: 3 });
    const load = () => loadTransformer(hardware, "/generated/", fetchGenerated(files));
    const { transformer: plain } = await load();
    const { transformer: sampled } = await load();
    const similarity = await createAttentionSimilarity(hardware, sampled.attentionInputs);
    const moments = await createQueryMoments(hardware.device, sampled.attentionInputs, {
      frequencies: ropeFrequencies(config),
    });
    const both = allSamplers([similarity, moments]);
    sampled.sampleAttention(both, { prefillInterval: 1, decodeInterval: 2 });
    const tokens = Uint32Array.from(
      { length: TOKENS },
      (_, i) => (i * 37 + 5) % config.activeVocab,
    );
    const logits = async (transformer: Transformer) => {
      const all = [];
      transformer.prefillStep(tokens.slice(0, 30), 0, "none");
      transformer.prefillStep(tokens.slice(30), 30, "logits");
      all.push((await transformer.readLogits()).slice());
      for (let position = TOKENS; position < TOKENS + 5; position++) {
        transformer.decodeStep(position, position, "logits");
        all.push((await transformer.readLogits()).slice());
      }
      const last = { start: 0, end: TOKENS + 5 };
      return { all, rows: await transformer.cache.readRows(config.layers - 1, last) };
    };
    expect(await logits(sampled)).toEqual(await logits(plain));
    // The rows are 15 of 30 and 10 of 20, every second one, and those of the decode steps up to 52 and to 54.
    expect((await similarity.read()).rows).toBe(15 + 10 + 2);
    expect((await moments.read()).tokens).toBe(15 + 10 + 2);

    sampled.sampleAttention(undefined);
    sampled.prefillStep(tokens, 0, "none");
    expect((await similarity.read()).rows).toBe(15 + 10 + 2);
  });

  deviceTest("the sums are those of the model's own queries and keys", async ({ hardware }) => {
    const { files, config } = await generateModel({ layers: 3 });
    const { transformer } = await loadTransformer(hardware, "/generated/", fetchGenerated(files));
    const kept = await estimatorThatKeepsQueries(hardware, transformer, TOKENS);
    const { similarity, queries } = kept;
    transformer.sampleAttention(similarity, { prefillInterval: 1, decodeInterval: 1 });
    const tokens = Uint32Array.from(
      { length: TOKENS },
      (_, i) => (i * 37 + 5) % config.activeVocab,
    );

    const tokenSize = (config.heads + 2 * config.kvHeads) * config.headDim;
    const valueSize = config.kvHeads * config.headDim;
    const expected = async (step: { position: number; tokens: number }) => {
      const end = step.position + step.tokens;
      const weights = [];
      for (const [layer, copy] of queries.entries()) {
        const rows = await transformer.cache.readRows(layer, { start: 0, end });
        const qkv = (await hardware.readFloat32(copy)).subarray(0, step.tokens * tokenSize);
        const inputs = { qkv, cache: new Uint16Array(rows.buffer) };
        // The values beside the queries are those that this layer appended, so that both are of one layer.
        const cached = decodeFloats(rows.slice(step.position * 4 * valueSize), "f16");
        const ofRow = (size: number) => (_: number, i: number) => i % size >= size - valueSize;
        expectClose(cached.filter(ofRow(2 * valueSize)), qkv.filter(ofRow(tokenSize)), F16_STEP);
        const shape = { ...config, groups: config.kvHeads };
        weights.push(attentionRowsReference(inputs, shape, sampleTokens(step.tokens, TOKENS)));
      }
      const seen = Array.from({ length: step.tokens }, (_, row) => step.position + row + 1);
      return attentionGramReference(weights, seen);
    };
    transformer.prefillStep(tokens, 0, "none");
    const prefilled = await expected({ position: 0, tokens: TOKENS });
    transformer.decodeStep(7, TOKENS, "none");
    const decoded = await expected({ position: TOKENS, tokens: 1 });

    const { gram, edgeMass, rows } = await similarity.read();
    expect(rows).toBe(TOKENS + 1);
    const terms = rows * config.kvHeads;
    // The weights are off by a relative 2^-18 at most, which is the error of exp for scores below 8 and of a sum of 51.
    const tolerance = { atol: 2 ** -18 * Math.sqrt(terms), rtol: 0 };
    const sum = (a: Float64Array, b: Float64Array) =>
      Float32Array.from(a, (v, i) => v + (b[i] ?? NaN));
    expectClose(Float32Array.from(gram), sum(prefilled.gram, decoded.gram), tolerance);
    expectClose(
      Float32Array.from(edgeMass, (mass) => mass * terms),
      sum(prefilled.edge, decoded.edge),
      tolerance,
    );
  });
});
