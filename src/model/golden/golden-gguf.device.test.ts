import { describe, expect } from "vitest";
import { deviceTest } from "../../device/testing.ts";
import { answer, fetchProjectFile, loadTestModel, PROJECT_ORIGIN } from "../testing.ts";
import { compareWithGolden } from "./compare-golden.ts";
import { goldenTolerance } from "./golden-tolerance.ts";
import { loadGolden } from "./load-golden.ts";

/** The files, each in the folder of its model, and the name of their references. */
const FILES: [file: string, reference: string][] = [
  ["llama-gqa-llama3rope/q4_0.gguf", "llama-gqa-llama3rope/q4_0"],
  ["llama-gqa-llama3rope/split-00001-of-00003.gguf", "llama-gqa-llama3rope/split"],
  ["mistral/q4_k_m.gguf", "mistral/q4_k_m"],
  ["qwen2/f16.gguf", "qwen2/f16"],
  ["qwen3/q4_k_m.gguf", "qwen3/q4_k_m"],
];

const urlOf = (name: string) => `${PROJECT_ORIGIN}/src/model/golden/fixtures/${name}`;

/** Fetches parts of the project's files, whatever the test's server sends. */
async function fetchPart(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const whole = await fetchProjectFile(input);
  return answer(new Uint8Array(await whole.arrayBuffer()), init);
}

/** Longer prompts, and prompts in pieces, depend on nothing that a format of weights changes. */
const MOST_PROMPTS = 4;

describe("models in GGUF files compute what their references say", () => {
  for (const [file, reference] of FILES)
    deviceTest(file, async ({ hardware }) => {
      const urls = {
        json: `${urlOf(reference)}.golden.json`,
        floats: `${urlOf(reference)}.golden.f32`,
      };
      const all = await loadGolden(urls, fetchProjectFile);
      const golden = { ...all, prompts: all.prompts.slice(0, MOST_PROMPTS) };
      const { transformer, config, kernels } = await loadTestModel(hardware, urlOf(file), {
        fetchFile: fetchPart,
      });
      const tolerance = goldenTolerance(kernels.choice);
      const report = await compareWithGolden({ transformer, config }, golden, {
        tolerance,
        waysOf: () => [],
      });
      expect(report.faults).toEqual([]);
      expect(report).toMatchObject({ prompts: 4, rows: 4, greedyTokens: 96 });
      expect(report.greedySame).toBeGreaterThan(32);
    });
});
