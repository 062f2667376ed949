import { expect, test } from "vitest";
import type { Fit } from "../../client/catalogue/fit.ts";
import { fitSentence, fitWords } from "./fit-sentence.ts";

test("there are three states", () => {
  expect(fitWords("fits")).toBe("Fits");
  expect(fitWords("may-not-fit")).toBe("May not fit");
  expect(fitWords("does-not-fit")).toBe("Does not fit");
});

test("what fits needs no reason; on the processor its speed is told", () => {
  expect(fitSentence({ is: "fits" })).toBeUndefined();
  expect(fitSentence({ is: "fits", tokensPerSecond: 31.4 })).toBe(
    "On the processor it writes about 30 tokens a second here.",
  );
});

const mayNot = (because: Extract<Fit, { is: "may-not-fit" }>["because"]): Fit => ({
  is: "may-not-fit",
  because,
});
const doesNot = (because: Extract<Fit, { is: "does-not-fit" }>["because"]): Fit => ({
  is: "does-not-fit",
  because,
});

test.each<[Fit, string]>([
  [mayNot({ is: "memory", bytes: 3e9, budgetBytes: 2e9 }), "takes 3.0 GB of memory, and only 2.0"],
  [mayNot({ is: "unknown-size" }), "Nobody has said"],
  [mayNot({ is: "slow", tokensPerSecond: undefined }), "slow on the processor."],
  [mayNot({ is: "slow", tokensPerSecond: 2 }), "slow on the processor: about 2 tokens a second."],
  [doesNot({ is: "needs-card" }), "graphics card only"],
  [doesNot({ is: "feature", name: "shader-f16" }), "16 bits (shader-f16)"],
  [doesNot({ is: "buffer", bytes: 3e8, allowedBytes: 1e8 }), "takes 300.0 MB at once"],
  [doesNot({ is: "kernels" }), "Its engine needs more"],
  [doesNot({ is: "memory", bytes: 3e9, mostBytes: 1.2e9 }), "a page has at most 1.2 GB here"],
  [doesNot({ is: "processor-memory" }), "no more than 3.5 GB"],
  [doesNot({ is: "storage", bytes: 3e9, freeBytes: -5 }), "has room for 0 bytes more"],
])("%o is said in a whole sentence", (fit, words) => {
  const sentence = fitSentence(fit);
  expect(sentence).toContain(words);
  expect(sentence).toMatch(/^[A-Z].*\.$/);
});
