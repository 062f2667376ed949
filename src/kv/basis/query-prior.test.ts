import { expect, test } from "vitest";
import { finish } from "../../linalg/stepped-work.ts";
import { blendedQueries, queryPrior } from "./query-prior.ts";

const SHAPE = { heads: 2, kvHeads: 1, headDim: 2 };
/** Two heads of two numbers each, of hidden states of three. */
const PROJECTION = Float32Array.of(1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 0, 0);

test("moments are those of the projection's rows, summed over the heads of a KV head", () => {
  const terms = { projection: PROJECTION, bias: undefined, norm: undefined };
  expect([...finish(queryPrior(terms, SHAPE))]).toEqual([1 + 9, 0, 0, 4 + 1]);
});

test("a bias is in every query", () => {
  const terms = { projection: PROJECTION, bias: Float32Array.of(1, 2, 0, 0), norm: undefined };
  expect([...finish(queryPrior(terms, SHAPE))]).toEqual([10 + 1, 2, 2, 5 + 4]);
});

test("a norm of heads makes each as large as its gain says", () => {
  const terms = { projection: PROJECTION, bias: undefined, norm: Float32Array.of(1, 2) };
  const [a, b, c, d] = finish(queryPrior(terms, SHAPE));
  expect([b, c]).toEqual([0, 0]);
  expect(a).toBeCloseTo((1 / 5) * 2 + (9 / 10) * 2, 12);
  expect(d).toBeCloseTo(((4 / 5) * 2 + (1 / 10) * 2) * 4, 12);
});

test("sampled queries count by their tokens, beside 64 of the weights", () => {
  const prior = Float64Array.of(2);
  expect(blendedQueries(undefined, prior)).toEqual({ sums: Float64Array.of(128), tokens: 64 });
  const sampled = { sums: Float64Array.of(72), tokens: 36 };
  expect(blendedQueries(sampled, prior)).toEqual({ sums: Float64Array.of(200), tokens: 100 });
});
