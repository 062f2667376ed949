import { describe, expect, test } from "vitest";
import { judgingShare, tokenWork } from "./judging-work.ts";
import { REPLAY_TOKENS } from "./kv-replay.ts";

const SMOLLM2 = {
  layers: 30,
  hidden: 576,
  ffn: 1536,
  heads: 9,
  kvHeads: 3,
  headDim: 64,
  vocab: 49_152,
};
const LLAMA = {
  layers: 16,
  hidden: 2048,
  ffn: 8192,
  heads: 32,
  kvHeads: 8,
  headDim: 64,
  vocab: 128_256,
};
const QWEN3 = {
  layers: 28,
  hidden: 1024,
  ffn: 3072,
  heads: 16,
  kvHeads: 8,
  headDim: 128,
  vocab: 151_936,
};

test("a token takes as many multiplications as the matrices have numbers", () => {
  // SmolLM2-135M has 134.5 million, 28.3 of them in the embedding, which is its head, too.
  const { prefilled, replayed } = tokenWork(SMOLLM2);
  expect(prefilled / 1e6).toBeCloseTo(106.2, 1);
  expect(replayed / 1e6).toBeCloseTo(134.5, 1);
});

describe.each([
  // Half of the components of groups of 5 layers.
  { name: "SmolLM2-135M", shape: SMOLLM2, components: 2880, groupLayers: 5 },
  { name: "Llama-3.2-1B", shape: LLAMA, components: 4096, groupLayers: 4 },
  { name: "Qwen3-0.6B", shape: QWEN3, components: 7168, groupLayers: 4 },
])("$name", ({ shape, components, groupLayers }) => {
  const replayedTokens = Math.min(REPLAY_TOKENS, Math.floor((32 * 2 ** 20) / (4 * shape.vocab)));
  const judging = (codedTokens: number, judged: number) =>
    judgingShare(shape, { codedTokens, replayedTokens, judged, components, groupLayers });

  test("two forms are judged in less work than reading 1,000 tokens", () => {
    expect(judging(1000, 2)).toBeLessThan(1);
    expect(judging(1000, 1)).toBeLessThan(judging(1000, 2));
  });

  test("the longer the conversation, the smaller the share", () => {
    expect(judging(2000, 2)).toBeLessThan(judging(1000, 2));
  });
});
