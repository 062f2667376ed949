import { describe, expect } from "vitest";
import { deviceTest } from "../../device/testing.ts";
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

/**
 * How prompts are cut does not depend on how weights are read, so they are cut in all ways in f16, and in one way in the
 * other formats.
 */
const oneWay = (tokens: number): number[][] => (tokens < 3 ? [] : [[3, tokens - 3]]);

const isF16 = (name: string): boolean => name.endsWith("q0f16");

/** Expects that nothing differs, and that what could differ was compared. */
function expectAgreement(report: GoldenReport, cuts: number): void {
  expect(report.faults).toEqual([]);
  expect(report).toMatchObject({ prompts: 6, rows: 4, cuts, greedyTokens: 144 });
  expect(report.greedySame).toBeGreaterThan(72);
}

describe("logits, rows, continuations and prompts in pieces are right", () => {
  for (const name of MODELS)
    deviceTest(name, async ({ hardware }) => {
      const reference = await loadFixtureReference(name);
      if (isF16(name)) expectAgreement(await compareFixture(hardware, name, { reference }), 16);
      else expectAgreement(await compareFixture(hardware, name, { reference, waysOf: oneWay }), 4);
    });

  deviceTest("qwen3 in q0f32", async ({ hardware }) => {
    const name = "qwen3/mlc-q0f16";
    const reference = await loadFixtureReference(name);
    const fetchFile = await asQ0f32(fixtureUrl(name), fetchProjectFile);
    const options = { reference, fetchFile, waysOf: oneWay };
    expectAgreement(await compareFixture(hardware, name, options), 4);
  });
});
