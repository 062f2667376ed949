import { expect, test } from "vitest";
import { persistenceSentence, memorySentence, usageRows } from "./storage-words.ts";

const conversations = [
  { id: "a", title: "First" },
  { id: "b", title: "Second" },
];
const used = (conversationId: string, ownBytes: number, sharedBytes = 0) => ({
  conversationId,
  ownBytes,
  sharedBytes,
  shares: [],
});

const row = (conversationId: string, title: string, size: string) => ({
  conversationId,
  title,
  size,
  isListed: true,
});

test("what takes most room comes first", () => {
  const usage = { conversations: [used("a", 1e6), used("b", 2e6, 1e6)] };
  expect(usageRows(usage, conversations)).toEqual([
    row("b", "Second", "3.0 MB, 1.0\u00a0MB\u00a0shared"),
    row("a", "First", "1.0 MB"),
  ]);
});

test("how a conversation is stored is said where it is known", () => {
  const shares = [{ family: "transform", bits: 1, tokens: 2048, bytes: 4e6, plainBytes: 47e6 }];
  const usage = { conversations: [{ ...used("a", 4e6), shares }, used("b", 1e6)] };
  expect(usageRows(usage, conversations).map(({ form }) => form)).toEqual([
    "transformed, 12 times smaller",
    undefined,
  ]);
});

test("what takes none comes last, if it is there at all", () => {
  const usage = { conversations: [used("b", 1e6), used("a", 0), used("gone", 0)] };
  expect(usageRows(usage, conversations)).toEqual([
    row("b", "Second", "1.0 MB"),
    row("a", "First", "none"),
  ]);
});

test("a conversation that is not in the list has room for a name", () => {
  expect(usageRows({ conversations: [used("gone", 1e6)] }, conversations)[0]).toMatchObject({
    title: "Untitled",
    isListed: false,
  });
});

test("what the browser promised is said in whole sentences", () => {
  expect(persistenceSentence(true)).toMatch(/has promised .*\.$/);
  expect(persistenceSentence(false)).toMatch(/not promised .*may delete.*\.$/);
  expect(persistenceSentence(null)).toMatch(/does not say.*\.$/);
});

test("why nothing is kept is said, if the browser says it", () => {
  expect(memorySentence("Access is denied. ")).toContain("anything (Access is denied). Your");
  expect(memorySentence("")).toContain("anything. Your conversations will be gone");
});
