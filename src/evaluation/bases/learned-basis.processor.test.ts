import { describe, expect } from "vitest";
import { roundedTransform } from "../../../shaders/transform/basis-group.ts";
import { centerRowsReference } from "../../../shaders/transform/center-rows.ts";
import { componentsReference } from "../../../shaders/transform/transform-rows.ts";
import { rotationTable } from "../../../shaders/forward/rope-append.ts";
import { expectClose } from "../../device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../device/testing.ts";
import { BasisLearner } from "../../kv/basis/basis-learner.ts";
import { modelWeightings } from "../../kv/basis/model-weightings.ts";
import { createQueryMoments } from "../../kv/basis/query-moments.ts";
import { decodeComponents } from "../../kv/codecs/entropy/component-codec.ts";
import { groupTransform, reconstructRows } from "../../kv/codecs/transform/transform-codec.ts";
import { createTransformCoder } from "../../kv/codecs/transform/transform-coder.ts";
import { finish } from "../../linalg/stepped-work.ts";
import { readLinear } from "../../model/read-linear.ts";
import { ropeFrequencies } from "../../model/rope.ts";
import { loadTestModel } from "../../model/testing.ts";
import { assert } from "../../shared/assert.ts";
import { decodeFloats } from "../../shared/number-formats.ts";

/** Tokens that are learned from, and those of them that are coded. */
const TOKENS = 256;
const RUN = { start: 128, tokens: 128, skip: 0 };

/** A step, as a share of the largest deviation of a component. */
const FINE = 1 / 16;

/** Runs a prompt, and learns a basis with as many components as there are channels from its rows and queries. */
async function learned(hardware: DeviceHarness, name: string) {
  const address = `/src/model/golden/fixtures/${name}/mlc-q0f16/`;
  const { transformer, config, weights } = await loadTestModel(hardware, address, {
    contextTokens: TOKENS,
  });
  const { cache } = transformer;
  const frequencies = ropeFrequencies(config);
  const queries = await createQueryMoments(hardware.device, transformer.attentionInputs, {
    frequencies,
    rows: 64,
  });
  transformer.sampleAttention(queries, { prefillInterval: 1, decodeInterval: 1 });
  const tokens = Uint32Array.from(
    { length: TOKENS },
    (_, i) => (i * i + 7 * i) % config.activeVocab,
  );
  for (let start = 0; start < TOKENS; start += 128)
    transformer.prefillStep(tokens.slice(start, start + 128), start, "none");
  const outputs = await Promise.all(
    weights.layers.map(({ attentionOutput }) => readLinear(hardware.device, attentionOutput)),
  );
  const source = {
    queries: await queries.read(),
    outputProjection: (layer: number) => outputs[layer] ?? new Float32Array(),
  };
  const weightings = finish(modelWeightings(source, { ...config, frequencies }));
  const channels = config.kvHeads * config.headDim;
  const groups = cache.layers.map((_, start) => {
    return { layers: { start, end: start + 1 }, components: [channels, channels] as const };
  });
  const learner = await BasisLearner.create(hardware, cache, groups, frequencies);
  learner.learnRun({ start: 0, end: TOKENS });
  const basis = await learner.fit({ weightings });
  assert(basis !== undefined, "nobody has stopped the fitting");
  const rotation = rotationTable(frequencies, TOKENS).slice(RUN.start * config.headDim);
  return { cache, config, frequencies, basis, rotation };
}

describe("a basis learned from a model with biases, or with norms of its heads", () => {
  for (const name of ["qwen2", "qwen3"])
    deviceTest(
      `${name}: rows come back as in plain loops, within the step`,
      async ({ hardware }) => {
        const { cache, config, frequencies, basis, rotation } = await learned(hardware, name);
        const coder = await createTransformCoder(hardware.device, cache, basis, { frequencies });
        const range = { start: RUN.start, end: RUN.start + RUN.tokens };
        for (const [layer, group] of basis.groups.entries()) {
          const step =
            FINE * Math.max(group.keys.deviations[0] ?? 0, group.values.deviations[0] ?? 0);
          const before = new Uint16Array((await cache.readRows(layer, range)).buffer);
          const rate = { step, variant: "rans" } as const;
          const [block = new Uint8Array()] = await coder.encode([layer], RUN, rate);
          expect(block.length).toBeLessThan(before.byteLength / 2);
          cache.writeRows(layer, RUN.start, new Uint8Array(before.byteLength));
          expect(coder.decode(layer, RUN, rate, block)).toBe(true);
          const after = new Uint16Array((await cache.readRows(layer, range)).buffer);

          const transform = roundedTransform(groupTransform(group, basis));
          const { components } = transform;
          const codes = decodeComponents("rans", block, {
            tokens: RUN.tokens,
            sideComponents: components,
          });
          assert(codes !== undefined, "a block that was just coded is one");
          const run = { ...RUN, step, rotation };
          const [expected = before] = reconstructRows(transform, [before], codes, run);
          // Either neighbouring f16 of numbers as large as a biased key.
          expectClose(numbersOf(after), numbersOf(expected), { atol: 2 ** -9, rtol: 2 ** -9 });

          // Without positions and in the weighted space, where the step was taken.
          const centered = [before, after].map((rows) =>
            centerRowsReference(transform, [rows], rotation, run),
          );
          const error = centered[0]?.map((value, at) => value - (centered[1]?.[at] ?? NaN));
          const apart = componentsReference(transform, error ?? new Float32Array(), RUN.tokens);
          const meanSquare = apart.reduce((sum, value) => sum + value ** 2, 0) / apart.length;
          expect(Math.sqrt(meanSquare)).toBeLessThan(0.55 * step);
        }
        // What all tokens have in common is in the means, and costs nothing.
        const means = Math.max(
          ...basis.groups.map(({ keys }) => Math.max(...keys.mean.map(Math.abs))),
        );
        if (config.attention.steps.some(({ step }) => step === "bias"))
          expect(means).toBeGreaterThan(20);
        coder.destroy();
      },
    );
});

const numbersOf = (rows: Uint16Array): Float32Array =>
  decodeFloats(new Uint8Array(rows.slice().buffer), "f16");
