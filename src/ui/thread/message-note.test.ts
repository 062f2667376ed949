import { expect, test } from "vitest";
import { memoryNote, messageNote, reasoningLabel, rereadingNote } from "./message-note.ts";

test("a whole reply has no note", () => {
  expect(messageNote({ status: "complete", finishReason: "stop" })).toBeNull();
  expect(messageNote({ status: "complete" })).toBeNull();
});

test("a reply cut short says by what", () => {
  expect(messageNote({ status: "stopped", finishReason: "cancelled" })).toBe("Stopped");
  // It went on after the length limit, and then the page was reloaded.
  expect(messageNote({ status: "stopped", finishReason: "length" })).toBe("Interrupted");
  expect(messageNote({ status: "streaming" })).toBe("Interrupted");
  expect(messageNote({ status: "stopped" })).toBe("Interrupted");
  expect(messageNote({ status: "failed" })).toBe("Not finished");
  expect(messageNote({ status: "complete", finishReason: "length" })).toContain("length limit");
  expect(messageNote({ status: "complete", finishReason: "context-full" })).toContain("as long as");
  expect(messageNote({ status: "complete", finishReason: "repetition" })).toContain("repeated");
});

test("a reply says that messages out of view had an influence on it, where they had", () => {
  const seen = { droppedMessages: 2, approximate: false };
  expect(memoryNote({ context: { ...seen, approximate: true } })).toContain("older messages");
  expect(memoryNote({ context: seen })).toBeNull();
  expect(memoryNote({})).toBeNull();
});

test("a reply says what was read again before it, and how long that took", () => {
  expect(rereadingNote({ rereading: { tokens: 1512, ms: 3140 } })).toBe(
    "Re-read 1,512 tokens in 3.1 s",
  );
  expect(rereadingNote({})).toBeNull();
});

test("reasoning says how long it took, where that is known", () => {
  const label = (reasoningMs: number | undefined) =>
    reasoningLabel({ reasoningMs, isThinking: false });
  expect([20, 1499, 59_400, 59_600, 125_000].map(label)).toEqual([
    "Thought for 1 s",
    "Thought for 1 s",
    "Thought for 59 s",
    "Thought for 1 min 0 s",
    "Thought for 2 min 5 s",
  ]);
  expect(label(undefined)).toBe("Reasoning");
  expect(reasoningLabel({ reasoningMs: undefined, isThinking: true })).toBe("Thinking…");
});
