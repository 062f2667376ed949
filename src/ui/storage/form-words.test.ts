import { expect, test } from "vitest";
import type { StoredShare } from "../../protocol/store-api.ts";
import { formWords, smallerWords } from "./form-words.ts";

/** @param ratio how many times the bytes the same tokens take as they are */
function share(family: string | undefined, tokens: number, ratio: number): StoredShare {
  const plainBytes = tokens * 23_040;
  const bits = Math.floor(16 / ratio);
  return { ...(family && { family }), bits, tokens, plainBytes, bytes: plainBytes / ratio };
}

const words = (...shares: StoredShare[]) => formWords({ shares });

test("a cache that is stored as it is says so, and one of which nothing is known says nothing", () => {
  expect(words(share(undefined, 300, 0.999))).toBe("as it is");
  expect(words(share("f16", 300, 1), share(undefined, 40, 1))).toBe("as it is");
  expect(words()).toBeUndefined();
});

test("all forms are told, and the ratio of the whole conversation", () => {
  expect(words(share("transform", 2048, 12), share(undefined, 90, 1))).toBe(
    "transformed, 8.2 times smaller",
  );
  expect(words(share("transform", 2048, 12))).toBe("transformed, 12 times smaller");
  expect(words(share("transform", 256, 12), share("rows", 1024, 1.9))).toBe(
    "transformed and 8 bits, 2.3 times smaller",
  );
  expect(words(share("rows", 90, 1.7), share("rows", 512, 3.46))).toBe(
    "4 and 8 bits, 3.0 times smaller",
  );
  expect(words(share("transform", 512, 9), share("transform", 256, 7))).toBe(
    "transformed, 8.2 times smaller",
  );
  expect(words(share("rows", 256, 4.6), share("rows", 99, 1.8), share("transform", 512, 9))).toBe(
    "transformed, 3, and 8 bits, 5.2 times smaller",
  );
});

test("the few tokens at the end of a conversation, whose scales take much, are in 8 bits", () => {
  expect(words(share("rows", 512, 3.46), share("rows", 7, 1.5))).toMatch(/^4 and 8 bits, /);
});

test("where most tokens are as they are, the form is that of a part", () => {
  expect(words(share("rows", 128, 3.5), share(undefined, 500, 1))).toBe(
    "partly 4 bits, 1.2 times smaller",
  );
});

test.each([
  { bits: 8, ratio: 1.85 },
  { bits: 4, ratio: 3.46 },
  { bits: 3, ratio: 4.6 },
  { bits: 2, ratio: 6.2 },
])("$bits bits are told by what they take", ({ bits, ratio }) => {
  expect(words(share("rows", 1024, ratio))).toMatch(new RegExp(`^${bits} bits, `));
});

test("a family that a later version has is not named", () => {
  expect(words(share("later", 1024, 20))).toBe("in fewer bytes, 20 times smaller");
});

test("what takes as much room as it would as it is, is not smaller", () => {
  expect(smallerWords([])).toBeUndefined();
  expect(smallerWords([share("rows", 100, 1.01)])).toBeUndefined();
  expect(smallerWords([{ bits: 16, tokens: 0, bytes: 0, plainBytes: 0 }])).toBeUndefined();
});
