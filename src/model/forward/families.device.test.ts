import { describe, expect } from "vitest";
import { expectClose } from "../../device/expect-close.ts";
import type { Hardware } from "../../device/device.ts";
import { deviceTest } from "../../device/testing.ts";
import { ABLATIONS, type AblationName } from "../ablations-testing.ts";
import { ARCHITECTURES } from "../architectures/architectures.ts";
import type { ModelSpec } from "../generate/generate-config.ts";
import { generateModel } from "../generate/generate-model.ts";
import { fetchGenerated, loadTestModel, type TestModelOptions } from "../testing.ts";
import { forwardReference } from "./forward-reference.ts";

/** A shape in which heads together are wider than the hidden states, so that no size passes for another. */
const SHAPE: Partial<ModelSpec> = { quantization: "q0f16", heads: 3, kvHeads: 1, headDim: 32 };

/** What each family has beside llama. Leaving it out has to show. */
const ADDITIONS: Readonly<Record<string, AblationName[]>> = {
  llama: [],
  mistral: [],
  qwen2: ["no query bias", "no key bias", "no value bias"],
  qwen3: ["no query norm", "no key norm", "query norm gains ignored", "key norm gains ignored"],
};

/** How far logits may be off, for the reasons given in generated-model.device.test.ts. */
const TOLERANCE = { atol: 5e-3, rtol: 0 };

const TOKENS = Uint32Array.from({ length: 21 }, (_, i) => (i * 37 + 5) % 259);

/** A generated model of an architecture, loaded, and the values that its weights stand for. */
async function generated(hardware: Hardware, architecture: string, options: TestModelOptions = {}) {
  const { files, weights: values } = await generateModel({ ...SHAPE, architecture });
  const loaded = await loadTestModel(hardware, "/generated/", {
    fetchFile: fetchGenerated(files),
    ...options,
  });
  return { ...loaded, values };
}

describe.each(ARCHITECTURES)("$name", ({ name }) => {
  deviceTest(
    "agrees with the plain loops, in one step and token by token",
    async ({ hardware }) => {
      const { transformer, config, values } = await generated(hardware, name);
      const expected = forwardReference(config, values, TOKENS);
      transformer.prefillStep(TOKENS, 0, "logits");
      expectClose(await transformer.readLogits(), expected, TOLERANCE);
      for (const [position, token] of TOKENS.entries())
        transformer.decodeStep(token, position, "logits");
      expectClose(await transformer.readLogits(), expected, TOLERANCE);
    },
  );

  deviceTest("a row does not depend on how the prompt was cut into steps", async ({ hardware }) => {
    const { transformer, config } = await generated(hardware, name);
    const rows = () =>
      transformer.cache.readRows(config.layers - 1, { start: 0, end: TOKENS.length });
    transformer.prefillStep(TOKENS, 0, "none");
    const whole = await rows();
    for (const cuts of [[...TOKENS.keys()].slice(1), [1], [13, 20]]) {
      for (const [i, end] of [...cuts, TOKENS.length].entries()) {
        const start = cuts[i - 1] ?? 0;
        transformer.prefillStep(TOKENS.slice(start, end), start, "none");
      }
      expect(await rows()).toEqual(whole);
    }
  });

  deviceTest("everything that it has beside llama shows in the logits", async ({ hardware }) => {
    const additions = ADDITIONS[name] ?? [];
    const logitsOf = async (options: TestModelOptions) => {
      const { transformer } = await generated(hardware, name, options);
      transformer.prefillStep(TOKENS, 0, "logits");
      return (await transformer.readLogits()).slice();
    };
    const right = await logitsOf({});
    for (const addition of additions) {
      const wrong = await logitsOf({ ablation: ABLATIONS[addition] });
      expect(() => {
        expectClose(wrong, right, TOLERANCE);
      }, addition).toThrow("differ");
    }
  });
});

deviceTest("a decode step takes as many dispatches in every family", async ({ hardware }) => {
  const counts = [];
  for (const { name } of ARCHITECTURES) {
    const { transformer, config } = await generated(hardware, name);
    counts.push(transformer.decodeDispatches - 7 * config.layers);
  }
  // The embedding, the head and the greedy choice.
  expect(counts).toEqual(ARCHITECTURES.map(() => 3));
});
