import { describe, expect } from "vitest";
import { deviceTest } from "../../device/testing.ts";
import { createRowMover } from "../../kv/cache/reposition-rows.ts";
import type { ModelConfig } from "../../model/model-config.ts";
import { ropeFrequencies } from "../../model/rope.ts";
import { loadTestModel } from "../../model/testing.ts";
import { decodeFloats } from "../../shared/number-formats.ts";

const FIXTURES = "/src/model/golden/fixtures/";

/** From behind the positions that Llama 3's RoPE was stretched from to before them. */
const MOVE = { from: 300, to: 40, tokens: 24 };

/** WGSL lets a conversion to f16 take either neighbour, which is off by up to a step: 2^-10 of the number. */
const F16_STEP = 2 ** -10;
/** The smallest step of an f16. */
const SMALLEST = 2 ** -24;

/**
 * The first layer's rows depend on nothing but their tokens and positions: those of some tokens that were computed
 * where they are moved to, and those that were moved.
 *
 * @param rope by which the moved keys are turned
 */
async function freshAndMoved(
  hardware: Parameters<typeof loadTestModel>[0],
  name: string,
  rope = {},
) {
  const address = `${FIXTURES}${name}/mlc-q0f16/`;
  const { transformer, config } = await loadTestModel(hardware, address, { contextTokens: 512 });
  const { cache } = transformer;
  const tokens = Uint32Array.from(
    { length: MOVE.tokens },
    (_, i) => (i * 29 + 3) % config.activeVocab,
  );
  const rows = async () => {
    const all = await cache.readRows(0, { start: MOVE.to, end: MOVE.to + MOVE.tokens });
    return decodeFloats(all, "f16");
  };
  transformer.prefillStep(tokens, MOVE.to, "none");
  const fresh = await rows();
  transformer.prefillStep(tokens, MOVE.from, "none");
  const turned = { ...config, rope: { ...config.rope, ...rope } };
  const mover = await createRowMover(hardware.device, cache, ropeFrequencies(turned));
  mover.apply([MOVE]);
  return { config, fresh, moved: await rows() };
}

/**
 * How far keys are apart, as a share of what roundings may do, at most; and whether values are the same. Fresh keys are
 * rounded once and moved keys twice, and a rounding of one channel of a pair is turned into the other.
 */
function compared(
  { fresh, moved }: Record<"fresh" | "moved", Float32Array>,
  { kvHeads, headDim }: ModelConfig,
) {
  const channels = kvHeads * headDim;
  let apart = 0;
  let sameValues = true;
  for (const [at, expected] of fresh.entries()) {
    const difference = Math.abs((moved[at] ?? NaN) - expected);
    if (at % (2 * channels) >= channels) sameValues &&= difference === 0;
    else {
      const partner = fresh[at % headDim < headDim / 2 ? at + headDim / 2 : at - headDim / 2];
      const allowed = 3 * F16_STEP * Math.hypot(expected, partner ?? NaN) + SMALLEST;
      apart = Math.max(apart, difference / allowed);
    }
  }
  return { apart, sameValues };
}

describe("rows that a conversation keeps when it outgrows the context", () => {
  for (const name of ["llama-gqa-llama3rope", "llama-untied-h80", "mistral", "qwen2", "qwen3"])
    deviceTest(
      `${name}: are those computed at their new positions, but for roundings`,
      async ({ hardware }) => {
        const { config, ...rows } = await freshAndMoved(hardware, name);
        const { apart, sameValues } = compared(rows, config);
        expect(apart).toBeLessThanOrEqual(1);
        expect(sameValues).toBe(true);
      },
    );

  deviceTest("are far off where RoPE's stretching is left out", async ({ hardware }) => {
    const unscaled = await freshAndMoved(hardware, "llama-gqa-llama3rope", { scaling: null });
    expect(compared(unscaled, unscaled.config).apart).toBeGreaterThan(30);
  });
});
