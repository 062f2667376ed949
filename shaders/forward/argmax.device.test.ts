import { describe, expect } from "vitest";
import { deviceTest } from "../../src/device/testing.ts";
import { ARGMAX_GRID, argmaxReference, argmaxSource, argmaxSubgroupSource } from "./argmax.ts";

describe("argmax", () => {
  const flat = (length: number) => new Float32Array(length).fill(-5);
  for (const { why, logits, count } of [
    { why: "one logit", logits: Float32Array.of(-1e30), count: 1 },
    { why: "the first of several equal ones", logits: flat(700).fill(2, 300, 600), count: 700 },
    { why: "the last", logits: flat(257).fill(3, 256), count: 257 },
    { why: "never the padding", logits: flat(512).fill(1, 40, 41).fill(9, 500), count: 500 },
  ])
    deviceTest(why, async ({ hardware }) => {
      const { subgroupLanes } = hardware.adapter;
      const subgroup = subgroupLanes > 0 ? [argmaxSubgroupSource(subgroupLanes)] : [];
      for (const source of [argmaxSource, ...subgroup]) {
        const token = hardware.empty(4);
        const buffers = { logits: hardware.upload(logits), token, params: hardware.uniform(count) };
        await hardware.run(source, buffers, ARGMAX_GRID);
        expect([...(await hardware.readUint32(token))]).toEqual([argmaxReference(logits, count)]);
      }
    });
});
