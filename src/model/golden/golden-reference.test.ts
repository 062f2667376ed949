import { expect, test } from "vitest";
import { EngineError } from "../../shared/engine-error.ts";
import { parseGolden } from "./golden-reference.ts";

const URL_OF_FILE = "https://models.invalid/golden.json";

const GOLDEN = {
  active_vocab_size: 3,
  prompts: [
    { ids: [1], greedy: [2, 0], gaps: [0.5, 0.1] },
    { ids: [0, 2], greedy: [], gaps: [] },
  ],
  kv: {
    prompt: 1,
    layer: 1,
    shape: [1, 2],
    rows: [
      { what: "k", position: 0, offset: 6 },
      { what: "v", position: 1, offset: 8 },
    ],
  },
};

const NUMBERS = Float32Array.from({ length: 10 }, (_, i) => i);

const parse = (json: unknown, numbers = NUMBERS) => parseGolden(json, numbers, URL_OF_FILE);

test("logits and rows are the numbers at their places", () => {
  const { prompts, rows } = parse(GOLDEN);
  expect(prompts.map(({ logits }) => [...logits])).toEqual([
    [0, 1, 2],
    [3, 4, 5],
  ]);
  expect(rows).toEqual([
    { side: "k", prompt: 1, layer: 1, position: 0, values: Float32Array.of(6, 7) },
    { side: "v", prompt: 1, layer: 1, position: 1, values: Float32Array.of(8, 9) },
  ]);
});

test("rows and continuations may be missing", () => {
  const { prompts, rows } = parse({ active_vocab_size: 3, prompts: [{ ids: [1] }] });
  expect(rows).toEqual([]);
  expect(prompts[0]).toMatchObject({ greedy: [], gaps: [] });
});

test.each([
  { why: "no object", json: [] },
  { why: "no prompts", json: { ...GOLDEN, prompts: [] } },
  { why: "a prompt without ids", json: { ...GOLDEN, prompts: [{ ids: [] }] } },
  { why: "an id that is none", json: { ...GOLDEN, prompts: [{ ids: [-1] }] } },
  { why: "a gap too few", json: { ...GOLDEN, prompts: [{ ids: [1], greedy: [1], gaps: [] }] } },
  {
    why: "a gap that is none",
    json: { ...GOLDEN, prompts: [{ ids: [1], greedy: [1], gaps: ["1"] }] },
  },
  { why: "a prompt that does not exist", json: { ...GOLDEN, kv: { ...GOLDEN.kv, prompt: 2 } } },
  { why: "a position behind the prompt", json: { ...GOLDEN, kv: { ...GOLDEN.kv, prompt: 0 } } },
  { why: "rows of many dimensions", json: { ...GOLDEN, kv: { ...GOLDEN.kv, shape: [2, 2, 2] } } },
  {
    why: "rows of a huge shape",
    json: { ...GOLDEN, kv: { ...GOLDEN.kv, shape: [2 ** 16, 2 ** 16] } },
  },
])("$why is refused", ({ json }) => {
  expect(() => parse(json)).toThrow(EngineError);
});

test("a file of too few numbers is refused", () => {
  expect(() => parse(GOLDEN, NUMBERS.subarray(0, 9))).toThrow(EngineError);
  expect(() => parse(GOLDEN, NUMBERS.subarray(0, 5))).toThrow(EngineError);
});
