import { describe, expect } from "vitest";
import { expectClose } from "../../device/expect-close.ts";
import { deviceTest } from "../../device/testing.ts";
import golden from "../golden/golden.json";
import { prefill } from "./prefill.ts";
import { fetchProjectFile, loadTransformer, PROJECT_ORIGIN } from "../testing.ts";

const { signal } = new AbortController();

/**
 * Reads the reference logits of a prompt's last position, [vocab]. The rows of f16 weights come first, then those of q4
 * weights.
 */
async function goldenLogits(row: number): Promise<Float32Array> {
  const url = `${PROJECT_ORIGIN}/src/model/golden/golden-logits.f32`;
  const all = new Float32Array(await (await fetchProjectFile(url)).arrayBuffer());
  return all.subarray(row * golden.vocab_size, (row + 1) * golden.vocab_size);
}

/** Each format runs the prompts of at most so many tokens, and one longer prompt. */
const MOST_IN_BOTH = 128;

describe.each([
  {
    format: "q0f16",
    greedyOf: (i: number) => golden.prompts[i]?.greedy ?? [],
    firstRow: 0,
    longPrompt: 5,
  },
  {
    format: "q4f16_1",
    greedyOf: (i: number) => golden.prompts[i]?.greedy_q4 ?? [],
    firstRow: golden.prompts.length,
    longPrompt: 6,
  },
])("Pip $format", ({ format, greedyOf, firstRow, longPrompt }) => {
  deviceTest(
    "golden prompts: the reference's logits and its greedy continuation",
    async ({ hardware }) => {
      const { transformer } = await loadTransformer(hardware, `/models/pip-4.7m/mlc-${format}/`);
      for (const [i, { ids }] of golden.prompts.entries()) {
        if (ids.length > MOST_IN_BOTH && i !== longPrompt) continue;
        const tokens = Uint32Array.from(ids);
        await prefill(hardware.device, transformer, tokens, { start: 0, output: "logits", signal });
        const logits = await transformer.readLogits();
        expectClose(logits, await goldenLogits(firstRow + i), { atol: 2e-2, rtol: 0 });

        const continuation = [];
        let next = logits.indexOf(Math.max(...logits));
        for (const expected of greedyOf(i)) {
          continuation.push(next);
          transformer.decodeStep(expected, ids.length + continuation.length - 1, "token");
          next = await transformer.readToken();
        }
        expect(continuation, `prompt ${i}`).toEqual(greedyOf(i));
      }
    },
    300_000,
  );
});
