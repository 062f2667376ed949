import { expect, test } from "vitest";
import { importedSentence } from "./TransferSettings.tsx";

test("an import says what it has added, and what it could not read", () => {
  expect(importedSentence(undefined)).toBe("");
  const summary = { conversations: 1, messages: 5, unread: 0 };
  expect(importedSentence(summary)).toBe("1 conversation was added.");
  expect(importedSentence({ ...summary, conversations: 37, unread: 3 })).toBe(
    "37 conversations were added. 3 of 40 conversations could not be read.",
  );
});
