import { describe, expect } from "vitest";
import { rowMomentsReference } from "../../../shaders/statistics/row-moments.ts";
import { rotationTable } from "../../../shaders/forward/rope-append.ts";
import { deviceTest, type DeviceHarness } from "../../device/testing.ts";
import { assert } from "../../shared/assert.ts";
import { encodeFloats } from "../../shared/number-formats.ts";
import { BasisLearner } from "./basis-learner.ts";
import type { LearnedGroup } from "./bind-row-statistics.ts";
import { KvCache } from "../cache/kv-cache.ts";
import { matrixOf, rowOf, timesTransposed, transposed, type Matrix } from "../../linalg/matrix.ts";
import { finish } from "../../linalg/stepped-work.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import type { BasisGroup, BasisSide } from "../codecs/transform-basis.ts";

const HEADS = { kvHeads: 2, headDim: 32 };
const CHANNELS = 64;
/** What rows hold besides noise. */
const RANK = 12;
const FREQUENCIES = Array.from({ length: HEADS.headDim / 2 }, (_, i) => 0.5 ** i);
const SIDES = ["keys", "values"] as const;

/** W of each layer and head: a diagonal, which is another one for each layer. */
const weightingOf = (layers: number) =>
  Float32Array.from({ length: layers * CHANNELS * HEADS.headDim }, (_, at) => {
    const isDiagonal = (at % HEADS.headDim ** 2) % (HEADS.headDim + 1) === 0;
    return isDiagonal ? weightOf(Math.floor(at / HEADS.headDim)) : 0;
  });

const weightOf = (channel: number) => 1 + (Math.floor(channel / CHANNELS) % 3) + (channel % 2);

/** A cache of rows that lie near a few directions of all layers together. */
class Rows {
  readonly hardware: DeviceHarness;
  readonly cache: KvCache;
  readonly layers: number;
  readonly #stored: readonly Uint16Array[];

  constructor(hardware: DeviceHarness, layers: number, tokens: number) {
    this.hardware = hardware;
    this.layers = layers;
    this.cache = new KvCache(hardware.device, { ...HEADS, layers, contextTokens: tokens });
    const rotation = rotationTable(FREQUENCIES, tokens);
    const latents = hardware.randomFloat32(tokens * RANK);
    this.#stored = Array.from({ length: layers }, (_, layer) => {
      const directions = hardware.randomFloat32(RANK * 2 * CHANNELS);
      const rows = hardware.randomFloat32(tokens * 2 * CHANNELS).map((noise, at) => {
        const channel = at % (2 * CHANNELS);
        const first = Math.floor(at / 2 / CHANNELS) * RANK;
        let sum = 1.5 * Math.sin(channel) + 0.02 * noise;
        for (let k = 0; k < RANK; k++)
          sum +=
            ((latents[first + k] ?? NaN) * (directions[k * 2 * CHANNELS + channel] ?? NaN)) /
            (1 + k);
        return sum;
      });
      const bytes = Uint8Array.from(encodeFloats(turned(rows, rotation), "f16"));
      this.cache.writeRows(layer, 0, bytes);
      return new Uint16Array(bytes.buffer);
    });
  }

  learner(groups: readonly LearnedGroup[]): Promise<BasisLearner> {
    return BasisLearner.create(this.hardware, this.cache, groups, FREQUENCIES);
  }

  get weightings() {
    return { keys: weightingOf(this.layers), values: weightingOf(this.layers) };
  }

  /** Weighted and less their mean, [tokens, channels of all layers]. */
  numbers(side: (typeof SIDES)[number], tokens: number): Matrix {
    const channels = this.layers * CHANNELS;
    const all = matrixOf(new Float64Array(tokens * channels), channels);
    const rotation = rotationTable(FREQUENCIES, tokens);
    this.#stored.forEach((rows, layer) => {
      const own = rowMomentsReference(rows.subarray(0, tokens * 2 * CHANNELS), rotation, HEADS);
      own[side].forEach((value, at) => {
        const channel = layer * CHANNELS + (at % CHANNELS);
        all.values[Math.floor(at / CHANNELS) * channels + channel] = value * weightOf(channel);
      });
    });
    for (let channel = 0; channel < channels; channel++) {
      let mean = 0;
      for (let row = 0; row < tokens; row++)
        mean += (all.values[row * channels + channel] ?? NaN) / tokens;
      for (let row = 0; row < tokens; row++) {
        const at = row * channels + channel;
        all.values[at] = (all.values[at] ?? NaN) - mean;
      }
    }
    return all;
  }
}

/** Keys to where their positions turn them; values as they are. */
function turned(rows: Float32Array, rotation: Float32Array): Float32Array {
  const half = HEADS.headDim / 2;
  return rows.map((value, at) => {
    const channel = at % (2 * CHANNELS);
    if (channel >= CHANNELS) return value;
    const d = channel % HEADS.headDim;
    const turn = Math.floor(at / 2 / CHANNELS) * HEADS.headDim + 2 * (d % half);
    const partner = d < half ? -(rows[at + half] ?? NaN) : (rows[at - half] ?? NaN);
    return value * (rotation[turn] ?? NaN) + partner * (rotation[turn + 1] ?? NaN);
  });
}

/** The variance that components hold, of what the best ones would. */
function capturedShare(numbers: Matrix, { components }: BasisSide): number {
  const along = finish(timesTransposed(numbers, matrixOf(components, numbers.columns)));
  const rank = components.length / numbers.columns;
  const gram = finish(timesTransposed(numbers, numbers));
  const { values } = finish(symmetricEigen(gram.values, numbers.rows));
  const best = values.slice(0, rank).reduce((sum, value) => sum + value, 0);
  return along.values.reduce((sum, value) => sum + value * value, 0) / best;
}

function expectOrthonormal({ components, mean }: BasisSide): void {
  const rows = matrixOf(components, mean.length);
  finish(timesTransposed(rows, rows)).values.forEach((value, at) => {
    expect(value).toBeCloseTo(at % (rows.rows + 1) === 0 ? 1 : 0, 4);
  });
}

describe("basis learner", () => {
  for (const { why, layers, components } of [
    { why: "all of the covariance", layers: 4, components: 10 },
    // 1,152 channels.
    { why: "a sketch", layers: 18, components: 10 },
  ])
    deviceTest(
      `${why} finds what the rows vary in, and survives a reload`,
      async ({ hardware }) => {
        const tokens = 300;
        const rows = new Rows(hardware, layers, tokens + 20);
        const groups: LearnedGroup[] = [
          { layers: { start: 0, end: layers }, components: [components, components - 2] },
        ];
        const learner = await rows.learner(groups);
        learner.learnRun({ start: 0, end: 200 });
        learner.learnRun({ start: 200, end: tokens });
        expect(learner.tokens).toBe(tokens);
        const basis = await learner.fit({ weightings: rows.weightings });
        const [group] = basis?.groups ?? [];
        assert(group !== undefined, "there is a group");
        for (const side of SIDES) {
          const share = capturedShare(rows.numbers(side, tokens), group[side]);
          expect(share).toBeGreaterThan(0.98);
          expect(share).toBeLessThan(1.001);
          expectOrthonormal(group[side]);
        }
        expect(group.values.deviations.length).toBe(components - 2);

        const bytes = await learner.toBytes();
        const later = await rows.learner(groups);
        expect(later.fromBytes(bytes.subarray(4))).toBeUndefined();
        expect(later.tokens).toBe(0);
        expect(later.fromBytes(bytes)).toEqual({});
        expect(later.tokens).toBe(tokens);
        const restored = await later.fit({ weightings: rows.weightings });
        expect(restored?.groups[0]?.keys.components).toEqual(group.keys.components);
        // Both learners give the same from here on.
        for (const one of [learner, later]) one.learnRun({ start: tokens, end: tokens + 20 });
        expect(await later.toBytes()).toEqual(await learner.toBytes());
        learner.destroy();
        later.destroy();
      },
    );

  deviceTest("a renewed sketch begins again, in the same directions", async ({ hardware }) => {
    const [layers, tokens] = [18, 256];
    const rows = new Rows(hardware, layers, tokens);
    const learner = await rows.learner([{ layers: { start: 0, end: layers }, components: [8, 8] }]);
    learner.learnRun({ start: 0, end: 128 });
    expect(await learner.renew(rows.weightings)).toBe(true);
    expect(learner.tokens).toBe(0);
    learner.learnRun({ start: 0, end: tokens });
    const basis = await learner.fit({ weightings: rows.weightings });
    for (const side of SIDES) {
      const fitted = basis?.groups[0]?.[side];
      assert(fitted !== undefined, "there is a group");
      expect(capturedShare(rows.numbers(side, tokens), fitted)).toBeGreaterThan(0.99);
    }
    learner.destroy();
  });

  deviceTest("a group in parts is what groups of these layers are", async ({ hardware }) => {
    const rows = new Rows(hardware, 4, 128);
    const whole: LearnedGroup[] = [{ layers: { start: 0, end: 4 }, components: [12, 8] }];
    const parts: LearnedGroup[] = [0, 2].map((start) => {
      return { layers: { start, end: start + 2 }, components: [6, 4] };
    });
    const learners = await Promise.all([whole, parts].map((groups) => rows.learner(groups)));
    for (const learner of learners) learner.learnRun({ start: 0, end: 128 });
    const { weightings } = rows;
    const [parted, own] = await Promise.all(
      learners.map((learner, i) => learner.fit({ weightings, ...(i === 0 && { mostLayers: 2 }) })),
    );
    expect(parted?.groups.map(({ layers }) => layers)).toEqual(parts.map(({ layers }) => layers));
    for (const [i, group] of (parted?.groups ?? []).entries())
      for (const side of SIDES) {
        const expected = own?.groups[i]?.[side];
        assert(expected !== undefined, "both have this group");
        expect(group[side].mean).toEqual(expected.mean);
        expect(group[side].deviations).toHaveLength(side === "keys" ? 6 : 4);
        for (const [j, deviation] of group[side].deviations.entries())
          expect(deviation / (expected.deviations[j] ?? 0)).toBeCloseTo(1, 3);
      }
    for (const learner of learners) learner.destroy();
  });

  deviceTest("groups of layers, each its own; stops when told", async ({ hardware }) => {
    const rows = new Rows(hardware, 3, 128);
    const groups: LearnedGroup[] = [
      { layers: { start: 0, end: 2 }, components: [6, 6] },
      { layers: { start: 2, end: 3 }, components: [4, 4] },
    ];
    const learner = await rows.learner(groups);
    learner.learnRun({ start: 0, end: 128 });
    const basis = await learner.fit({ weightings: rows.weightings });
    expect(basis?.groups.map(({ layers }) => layers)).toEqual(groups.map(({ layers }) => layers));
    const last = basis?.groups[1]?.values;
    assert(last !== undefined, "there are two groups");
    const numbers = rows.numbers("values", 128);
    const own = matrixOf(new Float64Array(128 * CHANNELS), CHANNELS);
    for (let row = 0; row < 128; row++)
      rowOf(own, row).set(rowOf(numbers, row).subarray(2 * CHANNELS));
    expect(capturedShare(own, last)).toBeGreaterThan(0.98);
    const abort = new AbortController();
    const stopped = learner.fit({ weightings: rows.weightings }, { signal: abort.signal });
    abort.abort();
    expect(await stopped).toBeUndefined();
    const resumed = await learner.fit({ weightings: rows.weightings });
    expect(resumed?.groups[1]?.values.components).toEqual(last.components);
    learner.destroy();
  });

  deviceTest(
    "harm makes a layer count, and weights say what few rows do not",
    async ({ hardware }) => {
      const rows = new Rows(hardware, 2, 128);
      const learner = await rows.learner([{ layers: { start: 0, end: 2 }, components: [4, 4] }]);
      learner.learnRun({ start: 0, end: 8 });
      const weightings = rows.weightings;
      const harm = { keys: [1, 100], values: [100, 1] };
      const weighted = (await learner.fit({ weightings, harm }))?.groups[0];
      assert(weighted !== undefined, "there is a group");
      // Each layer's errors count as much as noise in it did, whatever its rows and its weighting are.
      const scale = (side: BasisSide, layer: number) =>
        (side.weighting[layer * CHANNELS * HEADS.headDim] ?? NaN) / weightOf(layer * CHANNELS);
      const ratio = (side: BasisSide) => scale(side, 1) / scale(side, 0);
      expect(ratio(weighted.keys) * ratio(weighted.values)).toBeGreaterThan(0);
      expect(ratio(weighted.keys) / ratio(weighted.values)).toBeGreaterThan(20);

      const asPrior = (side: (typeof SIDES)[number]) => {
        const all = rows.numbers(side, 128);
        // Numbers of all tokens as columns have the covariance that a projection would be known for.
        const columns = transposed(all);
        columns.values.forEach((value, i) => {
          columns.values[i] = value / weightOf(Math.floor(i / columns.columns));
        });
        return columns;
      };
      const priorOf = () => Promise.resolve([asPrior("keys"), asPrior("values")] as const);
      const alone = (await learner.fit({ weightings }))?.groups[0];
      const blended = (await learner.fit({ weightings: { ...weightings }, priorOf }))?.groups[0];
      for (const side of SIDES) {
        assert(alone !== undefined && blended !== undefined, "there is a group");
        const share = (one: BasisGroup) => capturedShare(rows.numbers(side, 128), one[side]);
        expect(share(blended)).toBeGreaterThan(share(alone));
      }
      learner.destroy();
    },
  );
});
