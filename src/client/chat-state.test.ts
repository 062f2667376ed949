import { expect, test } from "vitest";
import { IDLE, withReply } from "./chat-state.ts";
import { message } from "./testing-store.ts";

const question = message("q", { createdAtMs: 7 });
const stored = message("a", { role: "assistant", parentId: "q", text: "Hel", status: "stopped" });
const reply = { messageId: "a", parentId: "q", text: "Hello" };
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

test("a reply whose question is not there is not shown", () => {
  expect(withReply([], answering)).toEqual([]);
});
