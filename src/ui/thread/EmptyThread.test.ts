import { expect, test } from "vitest";
import { withExample } from "./EmptyThread.tsx";

const STORY = "Tell me a story about a wizard.";
const COW = "What sound does a cow make?";

test("an example fills an empty composer and gives way to another", () => {
  expect(withExample(" ", STORY)).toBe(STORY);
  expect(withExample(STORY, COW)).toBe(COW);
});

test("an example of one model gives way to one of another", () => {
  expect(withExample("Why is the sky blue?", COW)).toBe(COW);
});

test("typed text is never replaced", () => {
  expect(withExample("my own", COW)).toBe(`my own\n${COW}`);
});
