import { describe, expect } from "vitest";
import { expectClose } from "../gpu/expect-close.ts";
import { gpuTest } from "../gpu/testing.ts";
import { forwardReference } from "./forward-reference.ts";
import { LLAMA3_SCALING, type ModelSpec } from "./loader/generate-config.ts";
import { generateModel } from "./loader/generate-model.ts";
import { prefill } from "./prefill.ts";
import { fetchGenerated, loadTransformer } from "./testing.ts";

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
 * Logits are of the order of 1. K and V are rounded to f16, and an f32 sum next to a tie may round to
 * the other side: a relative 2^-10 in a few channels, and f32 noise otherwise.
 */
const TOLERANCE = { atol: 5e-3, rtol: 0 };

describe.each(MODELS)("a generated model: $why", ({ spec }) => {
  gpuTest(
    "agrees with its dequantised reference, in one step and token by token",
    async ({ gpu }) => {
      const { files, weights, config } = await generateModel(spec);
      const { transformer } = await loadTransformer(gpu, "/generated/", fetchGenerated(files));
      const tokens = Uint32Array.from({ length: 19 }, (_, i) => (i * 37 + 5) % config.activeVocab);
      const expected = forwardReference(config, weights, tokens);

      await prefill(gpu.device, transformer, tokens, { start: 0, output: "logits", signal });
      expectClose(await transformer.readLogits(), expected, TOLERANCE);

      const [last] = tokens.slice(-1);
      for (const [position, token] of tokens.slice(0, -1).entries())
        transformer.decodeStep(token, position, "none");
      transformer.decodeStep(last ?? 0, tokens.length - 1, "logits");
      expectClose(await transformer.readLogits(), expected, TOLERANCE);
    },
  );
});

describe("the KV cache", () => {
  gpuTest("rows written from outside continue as the ones they were read from", async ({ gpu }) => {
    const { files, config } = await generateModel();
    const load = () => loadTransformer(gpu, "/generated/", fetchGenerated(files));
    const [{ transformer: first }, { transformer: second }] = await Promise.all([load(), load()]);
    const history = Uint32Array.from({ length: 70 }, (_, i) => (i * 31 + 7) % config.activeVocab);
    await prefill(gpu.device, first, history, { start: 0, output: "none", signal });

    for (let layer = 0; layer < config.layers; layer++) {
      // In two pieces, as chunks come.
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
  });

  gpuTest("a row does not depend on how the prompt was cut into steps", async ({ gpu }) => {
    const { files, config } = await generateModel();
    const load = () => loadTransformer(gpu, "/generated/", fetchGenerated(files));
    const [{ transformer: whole }, { transformer: pieces }] = await Promise.all([load(), load()]);
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
