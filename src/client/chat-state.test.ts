import { expect, test } from "vitest";
import { IDLE, withReply } from "./chat-state.ts";
import { message } from "./testing-store.ts";

const question = message("q", { createdAtMs: 7 });
const stored = message("a", { role: "assistant", parentId: "q", text: "Hel", status: "stopped" });
const reply = { messageId: "a", parentId: "q", text: "Hello", reasoning: "" };
const answering = { phase: "answering", conversationId: "c", reply } as const;
const failure = { code: "quota-exceeded" } as const;

test("without a run, what is stored is shown", () => {
  expect(withReply([question, stored], IDLE)).toEqual([question, stored]);
});

test("a run's reply is shown as it stands, not as it was stored", () => {
  expect(withReply([question, stored], answering)).toEqual([
    question,
    { ...stored, text: "Hello", status: "streaming" },
  ]);
});

test("a reply that is not stored, yet or at all, is shown below its question", () => {
  const shown = { id: "a", parentId: "q", conversationId: "c", role: "assistant", text: "Hello" };
  expect(withReply([question], answering)).toEqual([
    question,
    { ...shown, status: "streaming", createdAtMs: 7 },
  ]);
  expect(withReply([question], { ...answering, phase: "failed", failure })).toMatchObject([
    question,
    { ...shown, status: "failed" },
  ]);
});

test("reasoning is shown where there is some, with its time once it has ended", () => {
  const thinking = { ...reply, text: "", reasoning: "Hm" };
  const shown = (of: typeof thinking & { reasoningMs?: number }) =>
    withReply([question, stored], { ...answering, reply: of })[1];
  expect(shown(thinking)).toMatchObject({ text: "", reasoning: "Hm" });
  expect(shown(thinking)).not.toHaveProperty("reasoningMs");
  expect(shown({ ...thinking, reasoningMs: 5 })).toMatchObject({ reasoning: "Hm", reasoningMs: 5 });
});

test("a reply whose question is not there is not shown", () => {
  expect(withReply([], answering)).toEqual([]);
});
