import { describe, expect } from "vitest";
import { gpuTest } from "../../src/gpu/testing.ts";
import { ARGMAX_GRID, argmaxReference, argmaxSource, argmaxSubgroupSource } from "./argmax.ts";

describe("argmax", () => {
  const flat = (length: number) => new Float32Array(length).fill(-5);
  for (const { why, logits, count } of [
    { why: "one logit", logits: Float32Array.of(-1e30), count: 1 },
    { why: "the first of several equal ones", logits: flat(700).fill(2, 300, 600), count: 700 },
    { why: "the last", logits: flat(257).fill(3, 256), count: 257 },
    { why: "never the padding", logits: flat(512).fill(1, 40, 41).fill(9, 500), count: 500 },
  ])
    gpuTest(why, async ({ gpu }) => {
      const { subgroupLanes } = gpu.adapter;
      const subgroup = subgroupLanes > 0 ? [argmaxSubgroupSource(subgroupLanes)] : [];
      for (const source of [argmaxSource, ...subgroup]) {
        const token = gpu.empty(4);
        const buffers = { logits: gpu.upload(logits), token, params: gpu.uniform(count) };
        await gpu.run(source, buffers, ARGMAX_GRID);
        expect([...(await gpu.readUint32(token))]).toEqual([argmaxReference(logits, count)]);
      }
    });
});
