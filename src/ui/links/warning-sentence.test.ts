import { expect, test } from "vitest";
import { warningSentence } from "./warning-sentence.ts";

test("each warning says what is wrong, with the part of the link that misleads", () => {
  expect(warningSentence({ is: "other-letters" })).toContain("Cyrillic");
  expect(warningSentence({ is: "name-before-host", name: "bank.example" })).toBe(
    "“bank.example” stands before the host in the address, and is no part of it.",
  );
  expect(warningSentence({ is: "text-names-other", named: "bank.example" })).toContain(
    "another host: bank.example",
  );
  expect(warningSentence({ is: "carries-text", characters: 1234 })).toContain("1,234 characters");
});

test("a very long part is cut", () => {
  const sentence = warningSentence({ is: "name-before-host", name: "x".repeat(10_000) });
  expect(sentence.length).toBeLessThan(200);
});
