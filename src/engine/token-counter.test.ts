import { expect, test } from "vitest";
import { createPipTokenizer } from "../tokenizer/testing.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { MOST_COUNTED, TokenCounter } from "./token-counter.ts";

const LINES = "The fox met a bear, and they shared 3 red apples.\n".repeat(400);

test("a text has as many tokens as its model's tokenizer makes of it, also where it is cut into slices", async () => {
  const tokenizer = await createPipTokenizer();
  const counter = new TokenCounter(() => tokenizer);
  for (const text of ["", "Hi", LINES, `${LINES}end`])
    expect(await counter.count(text)).toBe(tokenizer.encodeText(text).length);
});

test("a text without any break is cut between characters", async () => {
  const tokenizer = await createPipTokenizer();
  const count = await new TokenCounter(() => tokenizer).count(`a${"🦊".repeat(9000)}`);
  const whole = tokenizer.encodeText(`a${"🦊".repeat(9000)}`).length;
  expect(Math.abs((count ?? 0) - whole)).toBeLessThan(10);
});

test("what is counted gives way: to another text, to a turn that begins, and to a model that goes", async () => {
  let tokenizer: Tokenizer | undefined = await createPipTokenizer();
  const counter = new TokenCounter(() => tokenizer);
  const first = counter.count(LINES);
  const second = counter.count(LINES);
  expect(await first).toBeUndefined();
  expect(await second).toBeGreaterThan(1000);
  const third = counter.count(LINES);
  tokenizer = undefined;
  expect(await third).toBeUndefined();
  expect(await counter.count("Hi")).toBeUndefined();
});

test("what is longer than any context is not counted", async () => {
  const tokenizer = await createPipTokenizer();
  expect(
    await new TokenCounter(() => tokenizer).count("a".repeat(MOST_COUNTED + 1)),
  ).toBeUndefined();
});
