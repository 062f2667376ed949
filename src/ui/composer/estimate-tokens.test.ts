import { expect, test } from "vitest";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { aboutTokensOf, estimatedTokens } from "./estimate-tokens.ts";

const message = (fields: Partial<MessageRecord>): MessageRecord => ({
  ...{ id: "m", conversationId: "c", parentId: null, role: "user", createdAtMs: 0 },
  ...{ text: "", status: "complete" },
  ...fields,
});

test("a text has a token for every four letters, and more in other scripts", () => {
  expect(estimatedTokens("")).toBe(0);
  expect(estimatedTokens("word")).toBe(1);
  expect(estimatedTokens("你好世界")).toBe(3);
});

test("what the model wrote is counted, with its reasoning, and the rest is estimated", () => {
  const tokens = { tokenizer: "t", ids: [1, 2, 3], reasoningIds: [4, 5] };
  expect(aboutTokensOf([message({ text: "x".repeat(400), tokens })])).toBe(10);
  expect(aboutTokensOf([message({ text: "word" }), message({ tokens })])).toBe(16);
  expect(aboutTokensOf([])).toBe(0);
});
