import { expect, test } from "vitest";
import { asAttachments, MAX_ATTACHED_CHARACTERS } from "../../protocol/attachments.ts";
import { asMessage } from "./message-record.ts";

const FILE = { name: "a.txt", text: "One" };

test("files are read as they were stored, and what is none is left out", () => {
  expect(asAttachments([FILE, FILE])).toEqual([FILE, FILE]);
  for (const value of [
    undefined,
    null,
    "x",
    {},
    [null],
    [[]],
    [{ name: "a" }],
    [{ text: 1 }],
    [{ text: "" }],
  ])
    expect(asAttachments(value)).toEqual([]);
  expect(asAttachments([{ ...FILE, more: 1, __proto__: { x: 1 } }])).toEqual([FILE]);
});

test("names are made plain, and numbers and sizes are bounded", () => {
  expect(asAttachments([{ name: "a\u202Eb\n", text: "x" }, { text: "y" }])).toEqual([
    { name: "ab", text: "x" },
    { name: "file", text: "y" },
  ]);
  expect(asAttachments(Array(50).fill(FILE))).toHaveLength(10);
  const large = { name: "l", text: "x".repeat(MAX_ATTACHED_CHARACTERS) };
  expect(asAttachments([FILE, large, FILE])).toEqual([FILE, FILE]);
});

test("only messages of a person have files", () => {
  const record = { id: "m", conversationId: "c", role: "user", text: "Hi", attachments: [FILE] };
  expect(asMessage(record, "c")?.attachments).toEqual([FILE]);
  expect(asMessage({ ...record, role: "assistant" }, "c")).not.toHaveProperty("attachments");
  expect(asMessage({ ...record, attachments: [] }, "c")).not.toHaveProperty("attachments");
});
