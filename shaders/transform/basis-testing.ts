import type { DeviceHarness } from "../../src/device/testing.ts";
import {
  channelsOf,
  roundedTransform,
  type GroupShape,
  type GroupTransform,
} from "./basis-group.ts";
import type { RowRun } from "../rows/coded-layout.ts";
import { rotationTable } from "../forward/rope-append.ts";

export const CONTEXT = 320;

interface GroupCase extends GroupShape {
  why: string;
  run: RowRun;
}

export const GROUP_CASES: readonly GroupCase[] = [
  {
    why: "Pip's heads, a chunk",
    kvHeads: 2,
    headDim: 32,
    layers: 3,
    components: [40, 61],
    run: { start: 5, tokens: 128, skip: 4 },
  },
  {
    why: "heads of 64, up to the last row",
    kvHeads: 1,
    headDim: 64,
    layers: 2,
    components: [9, 128],
    run: { start: 256, tokens: 64, skip: 0 },
  },
  {
    why: "a head of 80",
    kvHeads: 1,
    headDim: 80,
    layers: 3,
    components: [19, 90],
    run: { start: 40, tokens: 64, skip: 1 },
  },
  {
    why: "a head of 96",
    kvHeads: 1,
    headDim: 96,
    layers: 1,
    components: [96, 8],
    run: { start: 168, tokens: 32, skip: 0 },
  },
  {
    why: "three heads of 128",
    kvHeads: 3,
    headDim: 128,
    layers: 1,
    components: [33, 17],
    run: { start: 3, tokens: 32, skip: 4 },
  },
  {
    why: "an odd number of quads, 32 tokens, few of them the run's",
    kvHeads: 3,
    headDim: 20,
    layers: 1,
    components: [1, 2],
    run: { start: 0, tokens: 32, skip: 29 },
  },
  {
    why: "more tokens than a chunk has, and many components",
    kvHeads: 2,
    headDim: 32,
    layers: 3,
    components: [150, 131],
    run: { start: 10, tokens: 288, skip: 130 },
  },
  {
    why: "a side without components",
    kvHeads: 1,
    headDim: 4,
    layers: 5,
    components: [0, 7],
    run: { start: 1, tokens: 96, skip: 0 },
  },
];

/** [CONTEXT, headDim / 2, 2] */
export const groupRotation = (headDim: number) =>
  rotationTable(
    Array.from({ length: headDim / 2 }, (_, d) => 10_000 ** ((-2 * d) / headDim)),
    CONTEXT,
  );

/** The part of the rotation table that belongs to a run. */
export const turnsOf = (headDim: number, { start, tokens }: RowRun) =>
  groupRotation(headDim).slice(start * headDim, (start + tokens) * headDim);

/** Random matrices, as large as those of a basis. `inverse` is not the inverse of `forward`. */
export function randomTransform(hardware: DeviceHarness, shape: GroupShape): GroupTransform {
  const channels = channelsOf(shape);
  const { kvHeads, headDim, layers, components } = shape;
  const matrix = (count: number): Float32Array =>
    hardware.randomFloat32(channels * count).map((x) => x / Math.sqrt(channels));
  return roundedTransform({
    kvHeads,
    headDim,
    layers,
    components,
    means: [hardware.randomFloat32(channels), hardware.randomFloat32(channels)],
    forward: [matrix(components[0]), matrix(components[1]).map((x) => 1e-3 * x)],
    inverse: [matrix(components[0]).map((x) => 1e3 * x), matrix(components[1])],
  });
}

/** The absolute tolerance that `forSum` gives. */
export const sumError = (terms: number, magnitude: number): number =>
  4 * Math.sqrt(terms) * 2 ** -24 * magnitude;
