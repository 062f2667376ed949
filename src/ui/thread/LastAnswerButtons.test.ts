import { expect, test } from "vitest";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { isCut } from "./LastAnswerButtons.tsx";

const reply: MessageRecord = {
  id: "a",
  conversationId: "c",
  parentId: "q",
  role: "assistant",
  text: "Once upon",
  status: "complete",
  createdAtMs: 0,
};

test("a reply goes on that was stopped, interrupted, cut at a limit or ended for repeating itself", () => {
  for (const finishReason of ["length", "context-full", "repetition"] as const)
    expect(isCut({ ...reply, finishReason })).toBe(true);
  expect(isCut({ ...reply, status: "stopped", finishReason: "cancelled" })).toBe(true);
  expect(isCut({ ...reply, status: "stopped" })).toBe(true);
  expect(isCut({ ...reply, status: "failed" })).toBe(true);
  expect(isCut({ ...reply, status: "stopped", text: "", reasoning: "Hm" })).toBe(true);
});

test("a whole reply does not, nor one that had not begun, nor a question", () => {
  expect(isCut({ ...reply, finishReason: "stop" })).toBe(false);
  expect(isCut(reply)).toBe(false);
  expect(isCut({ ...reply, status: "stopped", text: "" })).toBe(false);
  expect(isCut({ ...reply, role: "user", status: "stopped" })).toBe(false);
});
