import { expect, test } from "vitest";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import { ResidentConversation } from "./resident-conversation.ts";

const hi: ChatMessage = { role: "user", text: "Hi" };
const hello: ChatMessage = { role: "assistant", text: "Hello" };
const tokens = { tokenizer: "t", ids: [1] };
const prompt = (...messages: ChatMessage[]) => ({ conversationId: "c", messages });

test("a turn leaves its prompt and its reply; who wrote the tokens does not matter", () => {
  const resident = new ResidentConversation();
  expect(resident.matches(prompt(hi))).toBe(false);
  resident.setAnswered(prompt(hi), "Hello");
  expect(resident.matches(prompt(hi, { ...hello, tokens }))).toBe(true);
  expect(resident.matches(prompt(hi))).toBe(false);
  expect(resident.matches(prompt(hi, { ...hello, text: "Hell" }))).toBe(false);
  expect(resident.matches(prompt(hi, { ...hello, role: "user" }))).toBe(false);
  expect(resident.matches({ ...prompt(hi, hello), conversationId: "other" })).toBe(false);
});

test("a reply without text is in no prompt", () => {
  const resident = new ResidentConversation();
  resident.setAnswered(prompt(hi), "");
  expect(resident.matches(prompt(hi))).toBe(true);
  resident.clear();
  expect(resident.matches(prompt(hi))).toBe(false);
});

test("another quality is to be opened anew, after a turn too", () => {
  const resident = new ResidentConversation();
  resident.set({ ...prompt(hi), quality: "exact" });
  expect(resident.matches({ ...prompt(hi), quality: "exact" })).toBe(true);
  expect(resident.matches({ ...prompt(hi), quality: "balanced" })).toBe(false);
  expect(resident.matches(prompt(hi))).toBe(false);
  resident.setAnswered({ ...prompt(hi), quality: "compact" }, "Hello");
  expect(resident.matches({ ...prompt(hi, hello), quality: "compact" })).toBe(true);
  expect(resident.matches({ ...prompt(hi, hello), quality: "exact" })).toBe(false);
});
