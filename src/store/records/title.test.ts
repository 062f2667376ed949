import { expect, test } from "vitest";
import { isOnlyGreeting, titleFrom } from "./title.ts";

test("a short text is its own title, on one line", () => {
  expect(titleFrom("  Why\n\n is\tthe sky   blue? ")).toBe("Why");
  expect(titleFrom("Why is\tthe sky   blue? ")).toBe("Why is the sky blue?");
  expect(titleFrom(" \n")).toBe("");
  expect(titleFrom("x".repeat(60))).toBe("x".repeat(60));
});

test("a long text is cut after a word", () => {
  expect(titleFrom("word ".repeat(30))).toBe(`${"word ".repeat(12).trim()}…`);
  expect(titleFrom(`${"x".repeat(60)} tail`)).toBe(`${"x".repeat(60)}…`);
  expect(titleFrom(`short ${"x".repeat(80)}`)).toBe("short…");
});

test("a text without spaces is cut after a word of its script, or else after a whole grapheme", () => {
  const family = "👩‍👩‍👧‍👦";
  expect(titleFrom(family.repeat(61))).toBe(`${family.repeat(60)}…`);
  const accented = "e\u0301";
  expect(titleFrom(accented.repeat(100))).toBe(`${accented.repeat(60)}…`);
  const chinese = titleFrom("请告诉我为什么天空是蓝色的而海洋也是蓝色的".repeat(5));
  expect(chinese.length).toBeGreaterThan(50);
  expect(chinese).toMatch(/(请|告诉|我|为什么|天空|是|蓝色|的|而|海洋|也)…$/);
});

test("the first sentence is the title, with the next one where it says too little", () => {
  expect(titleFrom("I have a dog called Rex. What is a good name for a cat?")).toBe(
    "I have a dog called Rex.",
  );
  expect(titleFrom("Help me. My sink is leaking. It is old.")).toBe("Help me. My sink is leaking.");
  expect(titleFrom("天空为什么是蓝色的？请用简单的话解释一下。")).toMatch(/^天空为什么是蓝色的？/);
});

test.each([
  ["Hi, my name is Bella.", "My name is Bella."],
  ["Hello there! can you sort a list?", "Can you sort a list?"],
  ["Hey,\n\nwrite a poem about rain", "write a poem about rain"],
  ["你好，请介绍一下北京", "请介绍一下北京"],
  ["こんにちは、東京の天気は？", "東京の天気は？"],
  ["مرحبا، ما هي عاصمة مصر؟", "ما هي عاصمة مصر؟"],
  ["Hello World in C, please", "Hello World in C, please"],
  ["History of Rome", "History of Rome"],
  ["Good morning!", "Good morning!"],
])("the greeting before what is asked is no title: %s", (text, title) => {
  expect(titleFrom(text)).toBe(title);
});

test.each([
  ["## Plan for **Monday**", "Plan for Monday"],
  ["- [ ] buy *milk* and `eggs`", "buy milk and eggs"],
  ["> 1. See [the docs](https://example.org/a) first", "See the docs first"],
  ["```python\nprint(snake_case_name)\n```", "print(snake_case_name)"],
  ["---\nTitle below a rule", "Title below a rule"],
  ["2 * 3 * 4 = 24", "2 * 3 * 4 = 24"],
])("marks of Markdown are no words: %s", (text, title) => {
  expect(titleFrom(text)).toBe(title);
});

test("what is only a greeting is told from what is not", () => {
  for (const title of [
    "",
    "Hi",
    "Hello!",
    "Good morning!",
    "Hey there",
    "Hello! How are you?",
    "你好！",
  ])
    expect(isOnlyGreeting(title), title).toBe(true);
  for (const title of ["Hello World", "Hi, help", "Rome"])
    expect(isOnlyGreeting(title), title).toBe(false);
});

test("a text that is made to be slow is not", () => {
  for (const text of [
    "**".repeat(5000),
    "[".repeat(10_000),
    "hi, ".repeat(2500),
    "`a".repeat(5000),
  ])
    expect(titleFrom(text).length).toBeLessThan(100);
});
