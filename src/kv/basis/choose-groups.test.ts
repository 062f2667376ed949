import { expect, test } from "vitest";
import { layerGroups } from "../cache/chunk-layout.ts";
import { chooseGroups, firstLayers, type GroupTerms } from "./choose-groups.ts";

const PIP = { layers: 12, kvHeads: 2, headDim: 32, contextTokens: 2048 };
const SMOLLM2 = { layers: 30, kvHeads: 3, headDim: 64, contextTokens: 2048 };
const LLAMA_1B = { layers: 16, kvHeads: 8, headDim: 64, contextTokens: 4096 };
const QWEN3 = { layers: 28, kvHeads: 8, headDim: 128, contextTokens: 4096 };

const ON_GPU = { decodingFactor: 1 };
const ON_PROCESSOR = { decodingFactor: 3 };
const SMOLLM2_TERMS = { weightBytes: 98e6, prefillMultiplications: 106e6, ...ON_GPU };
const LLAMA_TERMS = { weightBytes: 770e6, prefillMultiplications: 973e6, ...ON_GPU };
const QWEN_TERMS = { weightBytes: 400e6, prefillMultiplications: 440e6, ...ON_GPU };

/** Layers and components of each group. */
const shapeOf = (shape: typeof PIP, terms: GroupTerms) =>
  chooseGroups(shape, terms)?.groups.map(({ layers: { start, end }, components: [keys] }) => {
    return `${end - start}: ${keys}`;
  });

test("SmolLM2 has groups of 7 layers and fewer, and of 5 where decoding takes longer", () => {
  const seven = "7: 1008";
  expect(shapeOf(SMOLLM2, SMOLLM2_TERMS)).toEqual([seven, seven, seven, "5: 720", "4: 576"]);
  const onProcessor = shapeOf(SMOLLM2, { ...SMOLLM2_TERMS, ...ON_PROCESSOR });
  expect(onProcessor).toEqual(["5: 720", "6: 864", "5: 720", "5: 720", "5: 720", "4: 576"]);
});

test("a model of 1B has pairs of layers, one of wide layers single ones", () => {
  expect(shapeOf(LLAMA_1B, LLAMA_TERMS)).toEqual(Array(8).fill("2: 768"));
  expect(shapeOf(QWEN3, QWEN_TERMS)).toEqual(Array(28).fill("1: 512"));
});

test("CG6: the first basis has pairs of SmolLM2's layers, and single layers of wider models", () => {
  const firstOf = (shape: typeof PIP, terms: GroupTerms) =>
    firstLayers(shape, chooseGroups(shape, terms)?.groups ?? []);
  expect(firstOf(SMOLLM2, SMOLLM2_TERMS)).toBe(2);
  expect(firstOf(LLAMA_1B, LLAMA_TERMS)).toBe(1);
  expect(firstOf(QWEN3, QWEN_TERMS)).toBe(1);
});

test("CG1: groups are within stored values, in order and without gaps", () => {
  for (const [shape, terms] of [
    [PIP, { ...SMOLLM2_TERMS, weightBytes: 9e6, prefillMultiplications: 4e6 }],
    [SMOLLM2, SMOLLM2_TERMS],
    [LLAMA_1B, LLAMA_TERMS],
  ] as const) {
    const groups = chooseGroups(shape, terms)?.groups ?? [];
    expect(groups[0]?.layers.start).toBe(0);
    expect(groups.at(-1)?.layers.end).toBe(shape.layers);
    for (const [i, { layers }] of groups.entries()) {
      expect(layers.start).toBe(groups[i - 1]?.layers.end ?? 0);
      expect((layers.end - layers.start) * shape.kvHeads * shape.headDim).toBeLessThanOrEqual(1536);
      const isWithin = layerGroups(shape).some(
        ({ start, end }) => start <= layers.start && layers.end <= end,
      );
      expect(isWithin).toBe(true);
    }
  }
});

test("CG2, CG3: no choice costs more than it may", () => {
  for (const [shape, terms] of [
    [SMOLLM2, { ...SMOLLM2_TERMS, ...ON_PROCESSOR }],
    [SMOLLM2, { ...SMOLLM2_TERMS, weightBytes: 60e6 }],
    [LLAMA_1B, LLAMA_TERMS],
    [QWEN3, QWEN_TERMS],
  ] as const) {
    const costs = chooseGroups(shape, terms);
    expect(costs).toBeDefined();
    const decoding = (costs?.decodeMultiplications ?? NaN) * terms.decodingFactor;
    expect(decoding).toBeLessThanOrEqual(0.25 * terms.prefillMultiplications);
    expect(costs?.basisBytes).toBeLessThanOrEqual(0.15 * terms.weightBytes);
    expect(costs?.statisticsBytes).toBeLessThanOrEqual(256 * 2 ** 20);
    expect(costs?.fitMultiplications).toBeLessThanOrEqual(4.5e11);
  }
});

test("CG4: a basis of more bytes is chosen only for what it saves", () => {
  const wide = chooseGroups(SMOLLM2, SMOLLM2_TERMS);
  const narrow = chooseGroups(SMOLLM2, { ...SMOLLM2_TERMS, weightBytes: 30e6 });
  expect(wide && narrow).toBeDefined();
  if (!wide || !narrow) return;
  expect(wide.basisBytes).toBeGreaterThan(narrow.basisBytes);
  const saved = 20_000 * (narrow.tokenBytes - wide.tokenBytes);
  expect(saved).toBeGreaterThan(wide.basisBytes - narrow.basisBytes);
});

test("CG5: where even single layers cost too much, there is no basis", () => {
  expect(chooseGroups(QWEN3, { ...QWEN_TERMS, weightBytes: 200e6 })).toBeUndefined();
  expect(chooseGroups({ ...QWEN3, kvHeads: 32 }, QWEN_TERMS)).toBeUndefined();
  expect(chooseGroups(PIP, { ...SMOLLM2_TERMS, weightBytes: 1000 })).toBeUndefined();
});
