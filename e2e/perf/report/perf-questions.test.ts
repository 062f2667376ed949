import { expect, test } from "vitest";
import { conversationOf } from "./perf-questions.ts";

test("a conversation is a chat that ends with a question, the same each time", async () => {
  const chat = await conversationOf("pip-4.7m", 1664, "Ben says:");
  expect(chat.length).toBeGreaterThan(40);
  expect(chat.map(({ role }) => role)).toEqual(
    chat.map((_, i) => (i % 2 === 0 ? "user" : "assistant")),
  );
  expect(chat.at(-1)?.role).toBe("user");
  expect(chat[0]?.text).toMatch(/^Ben says:/);
  expect(await conversationOf("pip-4.7m", 1664, "Ben says:")).toEqual(chat);
});

test("its first message makes up for what is missing of its length", async () => {
  const [one, other] = await Promise.all(
    [512, 513].map((tokens) => conversationOf("pip-4.7m", tokens, "Anna says:")),
  );
  expect(one?.slice(1)).toEqual(other?.slice(1));
  expect(one?.[0]?.text).not.toBe(other?.[0]?.text);
});

test("where tokens are bytes it is one message", async () => {
  const [even] = await conversationOf("random-10m", 512, "Anna says:");
  const [odd, ...rest] = await conversationOf("random-10m", 513, "Anna says:");
  expect(odd?.text.length).toBe((even?.text.length ?? 0) + 1);
  expect(rest).toEqual([]);
});
