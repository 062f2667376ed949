import fc from "fast-check";
import { expect, test } from "vitest";
import { attachmentName, wholeText } from "./attachments.ts";

test("a message without files is its text", () => {
  expect(wholeText({ text: "Hi" })).toBe("Hi");
  expect(wholeText({ text: "Hi", attachments: [] })).toBe("Hi");
  expect(wholeText({ text: "" })).toBe("");
});

test("files come first, each in a frame with its name", () => {
  const attachments = [
    { name: "a.txt", text: "One\nTwo\n" },
    { name: 'b "x".md', text: "Three" },
  ];
  expect(wholeText({ text: "What is this?", attachments })).toBe(
    'File "a.txt":\n```\nOne\nTwo\n```\n\nFile "b \'x\'.md":\n```\nThree\n```\n\nWhat is this?',
  );
  expect(wholeText({ text: "", attachments: attachments.slice(0, 1) })).toBe(
    'File "a.txt":\n```\nOne\nTwo\n```',
  );
});

test("no file can end its own frame", () => {
  const texts = fc.array(fc.constantFrom("`", "```", "\n", "a", " ", 'File "b":'), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(texts, (parts) => {
      const text = parts.join("");
      const lines = wholeText({ text: "", attachments: [{ name: "a", text }] }).split("\n");
      const fence = lines[1] ?? "";
      expect(fence).toMatch(/^`{3,}$/);
      expect(lines.at(-1)).toBe(fence);
      // A line of at least as many backticks would end the frame.
      const inside = lines.slice(2, -1);
      expect(inside.filter((line) => line.trim().startsWith(fence))).toEqual([]);
      expect(inside.join("\n")).toBe(text.endsWith("\n") ? text.slice(0, -1) : text);
    }),
  );
});

test("a name is one line of plain text, and keeps its ending", () => {
  expect(attachmentName("notes.txt")).toBe("notes.txt");
  expect(attachmentName("a\n\u202Etxt.exe\u0000")).toBe("a txt.exe");
  expect(attachmentName(" \u200F ")).toBe("file");
  expect(attachmentName(`${"x".repeat(500)}.txt`)).toMatch(/^x{60}…x+\.txt$/);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (name) => {
      const once = attachmentName(name);
      expect(Array.from(once).length).toBeLessThanOrEqual(120);
      expect(attachmentName(once)).toBe(once);
    }),
  );
});
