import { expect, test } from "vitest";
import { fitWords, refusalWords, sizeWords } from "./attachment-words.ts";

test("a size is told in bytes and, roughly, in tokens", () => {
  expect(sizeWords({ bytes: 30_000, tokens: 7512 })).toBe("30.0 kB, about 7,500 tokens");
  expect(sizeWords({ bytes: 3, tokens: 1 })).toBe("3 bytes, about 1 token");
  expect(sizeWords({ bytes: 30_000, tokens: 7512, isCounted: true })).toBe("30.0 kB, 7,512 tokens");
  expect(sizeWords({ bytes: 50, tokens: 13 })).toBe("50 bytes, about 13 tokens");
});

test("each refusal names its file", () => {
  for (const why of ["not-text", "empty", "too-large", "too-many", "unreadable"] as const)
    expect(refusalWords({ why, name: "a.bin" })).toContain("“\u2068a.bin\u2069”");
  expect(refusalWords({ why: "too-large", name: "a" })).toContain("8.0 MB");
});

test("a message that is longer than the context is told", () => {
  expect(fitWords({ bytes: 1, tokens: 4096 }, 4096)).toBeUndefined();
  expect(fitWords({ bytes: 1, tokens: 9999 }, undefined)).toBeUndefined();
  expect(fitWords({ bytes: 1, tokens: 7512 }, 4096)).toBe(
    "This message has about 7,500 tokens, and the model reads 4,096 at once. It may be refused.",
  );
});
