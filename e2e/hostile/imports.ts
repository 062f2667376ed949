const file = (conversations: unknown): string =>
  JSON.stringify({ format: "rekindle.conversations", version: 1, conversations });

const CONVERSATION = { id: "c", title: "t", createdAtMs: 1, updatedAtMs: 2, headId: "m" };
const MESSAGE = { id: "m", conversationId: "c", parentId: null, role: "user", text: "Hi" };
const withMessage = (fields: object): string =>
  file([{ conversation: CONVERSATION, messages: [{ ...MESSAGE, ...fields }] }]);
const withConversation = (fields: object): string =>
  file([{ conversation: { ...CONVERSATION, ...fields }, messages: [MESSAGE] }]);

const IMAGE = "<img src=x onerror=__pwned()>";

/** Files for the import, which are no export of this page or not as it writes them. */
export const IMPORTS: readonly string[] = [
  "",
  "null",
  "[]",
  "{",
  IMAGE,
  `"${IMAGE.replaceAll('"', "")}"`,
  "\u0000\u0001\u0002",
  "[".repeat(50_000),
  `{"a":`.repeat(20_000),
  file({}),
  file([null, 1, "x", []]),
  file(Array(2000).fill(null)),
  '{"format":"rekindle.conversations","version":1e999,"conversations":[]}',
  '{"__proto__":{"format":"rekindle.conversations"},"version":1,"conversations":[]}',
  '{"format":"rekindle.conversations","version":1,"conversations":[{"__proto__":{"polluted":1}}]}',
  withConversation({ id: IMAGE, title: IMAGE }),
  withConversation({ title: { toString: "__pwned()" } }),
  withConversation({ createdAtMs: 1e300, updatedAtMs: -1 }),
  withConversation({ quality: IMAGE, settings: { systemPrompt: IMAGE, temperature: 1e308 } }),
  withMessage({ parentId: "m" }),
  withMessage({ role: "system", text: IMAGE }),
  withMessage({ text: { html: IMAGE } }),
  withMessage({ tokens: { tokenizer: IMAGE, ids: [-1, 1e300, "x"] } }),
  withMessage({ attachments: [{ name: IMAGE, text: IMAGE }, { name: 1, text: 2 }, null] }),
  withMessage({ attachments: { length: 1e9 } }),
  withMessage({
    role: "assistant",
    model: { url: "javascript:__pwned()", name: IMAGE, quantization: IMAGE, weightBytes: 1 },
  }),
  JSON.stringify([{ title: IMAGE, mapping: { a: { id: "a", parent: "a", children: ["a"] } } }]),
  JSON.stringify([{ title: IMAGE, current_node: "a", mapping: { a: { message: IMAGE } } }]),
  JSON.stringify({ conv: { id: "c", name: IMAGE }, messages: [{ id: "m", content: IMAGE }] }),
];
