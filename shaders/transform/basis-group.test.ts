import { expect, test } from "vitest";
import { groupParams, packForward, packInverse, packMeans } from "./basis-group.ts";
import { reconstructRowsGrid } from "./reconstruct-rows.ts";
import { transformRowsGrid } from "./transform-rows.ts";

const MATRIX = Float32Array.from({ length: 4 * 8 }, (_, i) => i);
const SHAPE = {
  layers: 1,
  kvHeads: 1,
  headDim: 8,
  components: [4, 4] as const,
  means: [new Float32Array(8).fill(1), new Float32Array(8).fill(2)] as const,
};
const none = (): never => {
  throw new Error("a matrix is made that nobody needs");
};

// Making the matrices of a large model takes a second each.
test("what only decodes never makes the matrix that codes", () => {
  const decoding = {
    ...SHAPE,
    inverse: [MATRIX, MATRIX] as const,
    get forward() {
      return none();
    },
  };
  expect(packInverse(decoding).words).toHaveLength((8 * 8) / 2);
  expect([...packMeans(decoding)]).toEqual([...SHAPE.means[0], ...SHAPE.means[1]]);
  expect(groupParams(decoding, { forward: [1, 1], inverse: [1, 1] })).toHaveLength(8);
  expect(reconstructRowsGrid(decoding, 32)).toBeDefined();
});

test("nor what codes the one that decodes", () => {
  const coding = {
    ...SHAPE,
    forward: [MATRIX, MATRIX] as const,
    get inverse() {
      return none();
    },
  };
  expect(packForward(coding).words.length).toBeGreaterThan(0);
  expect(packMeans(coding)).toHaveLength(16);
  expect(transformRowsGrid(coding, 32)).toBeDefined();
});
