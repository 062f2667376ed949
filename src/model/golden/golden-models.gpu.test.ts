import { describe, expect } from "vitest";
import { gpuTest } from "../../gpu/testing.ts";
import { fetchProjectFile, loadTestModel, PROJECT_ORIGIN } from "../testing.ts";
import { compareWithGolden } from "./compare-golden.ts";
import { goldenTolerance } from "./golden-tolerance.ts";
import { loadGolden } from "./load-golden.ts";

const FIXTURES = `${PROJECT_ORIGIN}/src/model/golden/fixtures/`;

const MODELS = [
  "llama-gqa-llama3rope/mlc-q0f16",
  "llama-gqa-llama3rope/mlc-q4f16_1",
  "llama-untied-h80/mlc-q0f16",
  "llama-untied-h80/mlc-q4f16_1",
  "mistral/mlc-q0f16",
  "mistral/mlc-q4f16_1",
  "qwen2/mlc-q0f16",
  "qwen2/mlc-q4f16_1",
  "qwen2/mlc-q4f32_1",
  "qwen2-overflow/mlc-q0f16",
  "qwen3/mlc-q0f16",
  "qwen3/mlc-q4f16_1",
];

describe.each(MODELS)("%s", (name) => {
  gpuTest("logits, rows, continuations and prompts in pieces are right", async ({ gpu }) => {
    const url = `${FIXTURES}${name}/`;
    const urls = { json: `${url}golden.json`, floats: `${url}golden.f32` };
    const reference = await loadGolden(urls, fetchProjectFile);
    const { transformer, config, kernels } = await loadTestModel(gpu, url);
    const tolerance = goldenTolerance(kernels.choice);
    const report = await compareWithGolden({ transformer, config }, reference, tolerance);
    expect(report.faults).toEqual([]);
    expect(report).toMatchObject({ prompts: 6, rows: 4, cuts: 19, greedyTokens: 144 });
    expect(report.greedySame).toBeGreaterThan(72);
  });
});
