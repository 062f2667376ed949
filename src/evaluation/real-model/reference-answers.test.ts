import { expect, test } from "vitest";
import { compareAnswer, SMOLLM2_REFERENCE } from "./reference-answers.ts";

const END = new Set([2]);
const turn = (answerIds: number[], firstNearTie: number | null) => ({
  promptIds: [1],
  answerIds,
  answer: "",
  firstNearTie,
});

test("the same answer is the same in all tokens, without the one that ends it", () => {
  expect(compareAnswer([5, 6, 7], turn([5, 6, 7, 2], null), END)).toEqual({ same: 3, compared: 3 });
  expect(compareAnswer([5, 6, 7], turn([5, 6, 7], null), END)).toEqual({ same: 3, compared: 3 });
});

test("another token, or a missing one, ends what is the same", () => {
  expect(compareAnswer([5, 9, 7], turn([5, 6, 7, 2], null), END)).toEqual({ same: 1, compared: 3 });
  expect(compareAnswer([5], turn([5, 6, 7, 2], null), END)).toEqual({ same: 1, compared: 3 });
});

test("nothing is compared from the first near-tie on", () => {
  expect(compareAnswer([5, 9], turn([5, 6, 7, 2], 1), END)).toEqual({ same: 1, compared: 1 });
  expect(compareAnswer([9], turn([5, 6], 0), END)).toEqual({ same: 0, compared: 0 });
});

test("the reference has five questions, and a likeliest token for each forced position", () => {
  const { questions, forced } = SMOLLM2_REFERENCE;
  expect(questions).toHaveLength(5);
  expect(forced.top1).toHaveLength(forced.ids.length - forced.from);
  expect(forced.gaps).toHaveLength(forced.top1.length);
});
