import { expect, test } from "vitest";
import { keptSentence, memorySentence, usageRows } from "./storage-words.ts";

const conversations = [
  { id: "a", title: "First" },
  { id: "b", title: "Second" },
];
const used = (conversationId: string, ownBytes: number, sharedBytes = 0) => ({
  conversationId,
  ownBytes,
  sharedBytes,
});

test("what takes most room comes first; what takes none is left out", () => {
  const usage = { conversations: [used("a", 1e6), used("b", 2e6, 1e6), used("c", 0)] };
  expect(usageRows(usage, conversations)).toEqual([
    { conversationId: "b", title: "Second", size: "3.0 MB, 1.0 MB shared" },
    { conversationId: "a", title: "First", size: "1.0 MB" },
  ]);
});

test("a conversation that is not in the list has room for a name", () => {
  expect(usageRows({ conversations: [used("gone", 1e6)] }, conversations)).toMatchObject([
    { title: "Untitled" },
  ]);
});

test("what the browser promised is said in whole sentences", () => {
  expect(keptSentence(true)).toMatch(/has promised .*\.$/);
  expect(keptSentence(false)).toMatch(/not promised .*may delete.*\.$/);
  expect(keptSentence(null)).toMatch(/does not say.*\.$/);
});

test("why nothing is kept is said, if the browser says it", () => {
  expect(memorySentence("Access is denied. ")).toContain("anything (Access is denied). Your");
  expect(memorySentence("")).toContain("anything. Your conversations will be gone");
});
