import { expect, test } from "vitest";
import { aboutTokens, adviceSentence, adviceWords } from "./advice-sentence.ts";

test("speeds are said with as many digits as can be promised", () => {
  const said = [0.3, 1.2, 4.4, 19.4, 21, 63, 199, 3000].map(aboutTokens);
  expect(said).toEqual([
    "less than a token a second",
    "about a token a second",
    "about 4 tokens a second",
    "about 19 tokens a second",
    "about 20 tokens a second",
    "about 65 tokens a second",
    "about 200 tokens a second",
    "over 200 tokens a second",
  ]);
});

test("every advice is a sentence, and a few words", () => {
  const quick = { is: "quick", tokensPerSecond: 60 } as const;
  expect(adviceSentence(quick)).toContain("writes about 60 tokens a second here.");
  expect(adviceWords(quick)).toBe("about 60 tokens a second");
  const slow = { is: "slow", tokensPerSecond: 2 } as const;
  expect(adviceSentence(slow)).toContain("slow: it writes about 2 tokens a second here");
  const unmeasured = { is: "slow", tokensPerSecond: undefined } as const;
  expect(adviceSentence(unmeasured)).toMatch(/is slow\. Models of up to a billion/);
  expect(adviceWords(unmeasured)).toBe("slow here");
  expect(adviceSentence({ is: "too-large" })).toContain("no room for more than 3.5 GB");
  expect(adviceWords({ is: "too-large" })).toBe("too large for the processor");
});
