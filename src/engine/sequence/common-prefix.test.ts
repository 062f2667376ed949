import { expect, test } from "vitest";
import { reusableTokens } from "./common-prefix.ts";

test.each([
  { why: "nothing resident", resident: [], prompt: [1, 2], reused: 0 },
  { why: "a next turn keeps all that is there", resident: [1, 2], prompt: [1, 2, 3, 4], reused: 2 },
  { why: "the same prompt runs its last token", resident: [1, 2, 3], prompt: [1, 2, 3], reused: 2 },
  { why: "regenerate: the reply is cut", resident: [1, 2, 3, 9, 9], prompt: [1, 2, 3], reused: 2 },
  { why: "an edit keeps what is before it", resident: [1, 2, 3], prompt: [1, 7, 3], reused: 1 },
  { why: "an empty prompt", resident: [1], prompt: [], reused: 0 },
])("$why", ({ resident, prompt, reused }) => {
  expect(reusableTokens(resident, prompt)).toBe(reused);
});
