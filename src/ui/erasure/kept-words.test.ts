import { expect, test } from "vitest";
import { KEPT_KINDS } from "../../protocol/kept-data.ts";
import { keptAmount, keptName, keptNote } from "./kept-words.ts";

test("each kind has a name and says what becomes of it", () => {
  expect(new Set(KEPT_KINDS.map(keptName)).size).toBe(KEPT_KINDS.length);
  expect(new Set(KEPT_KINDS.map(keptNote)).size).toBe(KEPT_KINDS.length);
});

test.each([
  [{ kind: "conversations", count: 1, messages: 12 }, "1 conversation, 12 messages"],
  [{ kind: "drafts", count: 2 }, "2 entries"],
  [{ kind: "models", bytes: 9.3e6 }, "9.3 MB"],
  [{ kind: "app", bytes: 0 }, "none"],
  [{ kind: "drafts", count: 0 }, "none"],
  [{ kind: "caches" }, "none"],
] as const)("%j is %s", (kept, words) => {
  expect(keptAmount(kept)).toBe(words);
});
