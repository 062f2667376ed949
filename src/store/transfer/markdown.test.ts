import { expect, test } from "vitest";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { conversationMarkdown } from "./markdown.ts";

const words = {
  user: "You",
  assistant: "Assistant",
  reasoning: "Reasoning",
  untitled: "Untitled",
  locale: "en",
};
const conversation = { id: "c", title: "", createdAtMs: 0, updatedAtMs: 0, headId: null };
const message = (id: string, fields: Partial<MessageRecord>): MessageRecord => ({
  id,
  conversationId: "c",
  parentId: null,
  role: "user",
  text: "",
  status: "complete",
  createdAtMs: 0,
  ...fields,
});

test("the shown path is written, with who wrote it, by which model and when", () => {
  const model = {
    url: "https://example.org/m/",
    name: "SmolLM2_135M",
    quantization: "q4f16_1",
    weightBytes: 1,
  };
  const at = Date.UTC(2026, 2, 12, 12);
  const text = conversationMarkdown(
    { ...conversation, title: "Loops in *C*\n# 2", createdAtMs: at },
    [
      message("q", { text: "How do I loop?", createdAtMs: at }),
      message("other", { parentId: "q", role: "assistant", text: "not shown" }),
      message("a", {
        parentId: "q",
        role: "assistant",
        text: "So:\n\n```c\nfor (;;) *p++ = 0;\n```\n",
        reasoning: "Hm.\nC.",
        model,
        createdAtMs: at,
      }),
    ],
    words,
  );
  const date = new Date(at).toLocaleString("en", { dateStyle: "long", timeStyle: "short" });
  expect(text).toBe(`# Loops in \\*C\\* # 2

${date}

## You

${date}

How do I loop?

## Assistant

SmolLM2\\_135M, q4f16\\_1 · ${date}

> **Reasoning**
>
> Hm.
> C.

So:

\`\`\`c
for (;;) *p++ = 0;
\`\`\`
`);
});

test("a fence that was never closed does not take the next message into it", () => {
  const text = conversationMarkdown(
    conversation,
    [
      message("a", { role: "assistant", text: "````js\n```\nlet x;" }),
      message("b", { parentId: "a", text: "Go on" }),
    ],
    words,
  );
  expect(text).toContain("let x;\n````\n\n## You");
  expect(text).toContain("# Untitled\n");
});

test("the files of a message stand before its text, as the model reads them", () => {
  const attachments = [{ name: "a.txt", text: "One" }];
  const text = conversationMarkdown(
    conversation,
    [message("a", { text: "Why?", attachments })],
    words,
  );
  expect(text).toContain('File "a.txt":\n```\nOne\n```\n\nWhy?');
});
