import { expect, test } from "vitest";
import { cutHistory, nextCut, withoutOldest, type SentMessage } from "./cut-history.ts";

const say = (role: SentMessage["role"], letters: number): SentMessage => ({
  role,
  content: "x".repeat(letters),
});
/** Exchanges of 20 letters, and a question of 10. */
const conversation = (exchanges: number): SentMessage[] => [
  ...Array.from({ length: 2 * exchanges }, (_, i) => say(i % 2 === 0 ? "user" : "assistant", 10)),
  say("user", 10),
];
const WINDOW = { contextTokens: 80, tokensPerLetter: 1, droppedBefore: 0 };

test("HC3: nothing is dropped while nothing is known, or the reply has an eighth of the window", () => {
  const unknown = { ...WINDOW, tokensPerLetter: undefined };
  expect(cutHistory(conversation(9), unknown)).toBe(0);
  expect(cutHistory(conversation(9), { ...unknown, droppedBefore: 4 })).toBe(4);
  expect(cutHistory(conversation(3), WINDOW)).toBe(0);
});

test("HC4: as few whole exchanges as bring it down to three quarters of the window", () => {
  expect(cutHistory(conversation(4), WINDOW)).toBe(4);
  expect(cutHistory([say("system", 10), ...conversation(4)], WINDOW)).toBe(4);
  expect(cutHistory([say("system", 20), ...conversation(4)], WINDOW)).toBe(6);
});

test("HC4: where nothing is short enough, the last question stays alone", () => {
  const long = [...conversation(2).slice(0, -1), say("user", 200)];
  expect(cutHistory(long, WINDOW)).toBe(4);
  expect(cutHistory([say("user", 200)], WINDOW)).toBe(0);
});

test("HC2: the cut stays while the conversation grows, and is forgotten where it became shorter", () => {
  expect(cutHistory(conversation(5), { ...WINDOW, droppedBefore: 4 })).toBe(4);
  expect(cutHistory(conversation(6), { ...WINDOW, droppedBefore: 4 })).toBe(8);
  expect(cutHistory(conversation(1), { ...WINDOW, droppedBefore: 4 })).toBe(0);
});

test("HC1: the system message and the last question are never dropped", () => {
  const messages = [say("system", 3), ...conversation(2)];
  expect(nextCut(messages, 0)).toBe(2);
  expect(nextCut(messages, 4)).toBeUndefined();
  expect(withoutOldest(messages, 4)).toEqual([say("system", 3), say("user", 10)]);
});
