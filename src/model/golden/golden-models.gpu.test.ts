import { describe, expect } from "vitest";
import { gpuTest } from "../../gpu/testing.ts";
import { fetchProjectFile } from "../testing.ts";
import { asQ0f32 } from "./as-q0f32-testing.ts";
import { compareFixture, fixtureUrl, loadFixtureReference } from "./golden-testing.ts";
import type { GoldenReport } from "./golden-report.ts";

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
  "qwen2-overflow/mlc-q4f16_1",
  "qwen3/mlc-q0f16",
  "qwen3/mlc-q4f16_1",
];

/** Expects that nothing differs, and that what could differ was compared. */
function expectAgreement(report: GoldenReport): void {
  expect(report.faults).toEqual([]);
  expect(report).toMatchObject({ prompts: 6, rows: 4, cuts: 16, greedyTokens: 144 });
  expect(report.greedySame).toBeGreaterThan(72);
}

describe("logits, rows, continuations and prompts in pieces are right", () => {
  for (const name of MODELS)
    gpuTest(name, async ({ gpu }) => {
      const reference = await loadFixtureReference(name);
      expectAgreement(await compareFixture(gpu, name, { reference }));
    });

  gpuTest("qwen3 in q0f32", async ({ gpu }) => {
    const name = "qwen3/mlc-q0f16";
    const reference = await loadFixtureReference(name);
    const fetchFile = await asQ0f32(fixtureUrl(name), fetchProjectFile);
    expectAgreement(await compareFixture(gpu, name, { reference, fetchFile }));
  });
});
