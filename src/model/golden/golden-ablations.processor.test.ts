import { describe, expect } from "vitest";
import { deviceTest } from "../../device/testing.ts";
import { ABLATIONS, type AblationName } from "../ablations-testing.ts";
import type { GoldenReference } from "./golden-reference.ts";
import { compareFixture, loadFixtureReference } from "./golden-testing.ts";

/** What each reference model would notice. */
const NOTICED: Record<string, readonly AblationName[]> = {
  "llama-gqa-llama3rope": [
    "no RoPE scaling",
    "wrong RoPE theta",
    "RoPE pairs interleaved",
    "heads of half the size",
    "score scale from hidden / heads",
    "gate and up swapped",
    "final norm gains ignored",
  ],
  "llama-untied-h80": ["embedding instead of the head", "heads of half the size"],
  mistral: ["score scale from hidden / heads", "embedding instead of the head"],
  qwen2: ["no query bias", "no key bias", "no value bias"],
  "qwen2-overflow": ["products rounded to f16"],
  qwen3: [
    "no query norm",
    "no key norm",
    "query norm gains ignored",
    "key norm gains ignored",
    "score scale from hidden / heads",
  ],
};

/** The least that a logit is off by. The tolerance is a tenth of it. */
const LEAST_ERROR = 0.3;

/** The prompt of 64 tokens alone, which every ablation shows in. */
async function shortReference(name: string): Promise<GoldenReference> {
  const { prompts, ...reference } = await loadFixtureReference(name);
  return { ...reference, prompts: prompts.slice(3, 4), rows: [] };
}

describe("the comparison fails", () => {
  for (const [model, names] of Object.entries(NOTICED))
    for (const ablation of names)
      deviceTest(`${model}: ${ablation}`, async ({ hardware }) => {
        const name = `${model}/mlc-q0f16`;
        const reference = await shortReference(name);
        const options = { reference, ablation: ABLATIONS[ablation] };
        const { faults, logitError } = await compareFixture(hardware, name, options);
        expect(faults).not.toEqual([]);
        expect(logitError).toBeGreaterThan(LEAST_ERROR);
      });

  deviceTest("qwen2: padding not masked", async ({ hardware }) => {
    const name = "qwen2/mlc-q0f16";
    const reference = await shortReference(name);
    const options = { reference, ablation: ABLATIONS["padding not masked"] };
    const { faults } = await compareFixture(hardware, name, options);
    expect(faults).toEqual([expect.stringMatching(/greedy token \d+ is \d+, not \d+/)]);
  });

  deviceTest("not for the model as it is", async ({ hardware }) => {
    const name = "qwen2/mlc-q0f16";
    const reference = await shortReference(name);
    expect((await compareFixture(hardware, name, { reference })).faults).toEqual([]);
  });
});
