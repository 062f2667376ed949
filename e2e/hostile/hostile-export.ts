import { FILE_NAMES, TITLES } from "./names.ts";
import { TEXTS } from "./corpus.ts";

/** Texts of one conversation: the page draws no more messages than this at once, in any case. */
const TEXTS_EACH = 60;

/** A file of conversations in which every text stands wherever a text can stand, and the number of texts. */
export function hostileExport(): { file: string; messages: number } {
  const conversations = [];
  for (let start = 0; start < TEXTS.length; start += TEXTS_EACH)
    conversations.push(conversationOf(TEXTS.slice(start, start + TEXTS_EACH), start));
  return {
    file: JSON.stringify({ format: "rekindle.conversations", version: 1, conversations }),
    messages: TEXTS.length,
  };
}

function conversationOf(texts: readonly string[], number: number) {
  const conversationId = String(number);
  const messages = texts.flatMap((text, i) => [asked(text, i), answered(text, i)]);
  return {
    conversation: {
      id: conversationId,
      title: TITLES[number % TITLES.length],
      createdAtMs: 1,
      updatedAtMs: 2 + number,
      headId: `a${String(texts.length - 1)}`,
    },
    messages: messages.map((message) => ({ ...message, conversationId, status: "complete" })),
  };
}

const asked = (text: string, i: number) => ({
  id: `q${String(i)}`,
  parentId: i === 0 ? null : `a${String(i - 1)}`,
  role: "user",
  text,
  createdAtMs: 2 * i + 1,
  attachments: [{ name: FILE_NAMES[i % FILE_NAMES.length], text }],
});

const answered = (text: string, i: number) => ({
  id: `a${String(i)}`,
  parentId: `q${String(i)}`,
  role: "assistant",
  text,
  reasoning: text,
  createdAtMs: 2 * i + 2,
  model: {
    url: "https://evil.example/model/",
    name: text.slice(0, 250),
    quantization: text.slice(0, 250),
    revision: text.slice(0, 250),
    weightBytes: 1,
  },
});
