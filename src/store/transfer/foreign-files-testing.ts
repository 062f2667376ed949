/** @file Small exports of other programs, as they write them. */

const node = (id: string, parent: string | null, message: object | null = null) => [
  id,
  { id, parent, children: [], message: message && { id, ...message } },
];

const said = (role: string, text: string, create_time: number, more: object = {}) => ({
  author: { role, name: null, metadata: {} },
  create_time,
  content: { content_type: "text", parts: [text] },
  recipient: "all",
  metadata: {},
  ...more,
});

/** An element of ChatGPT's `conversations.json`: an answer that was given twice, behind a tool and thoughts. */
export const CHATGPT_CONVERSATION = {
  title: "Capital of France",
  create_time: 1_700_000_000.5,
  update_time: 1_700_000_100.25,
  current_node: "done",
  mapping: Object.fromEntries([
    node("root", null),
    node("system", "root", said("system", "", 1_700_000_000)),
    node("hidden", "system", {
      ...said("user", "I am a teacher", 1_700_000_000),
      content: { content_type: "user_editable_context", user_profile: "I am a teacher" },
    }),
    node("question", "hidden", {
      ...said("user", "", 1_700_000_001),
      content: {
        content_type: "multimodal_text",
        parts: [
          { content_type: "image_asset_pointer", asset_pointer: "file-service://x" },
          "Where?",
        ],
      },
      metadata: { attachments: [{ name: "map.pdf", mime_type: "application/pdf" }] },
    }),
    node("first", "question", said("assistant", "Lyon.", 1_700_000_002)),
    node("thoughts", "question", {
      ...said("assistant", "", 1_700_000_003),
      content: {
        content_type: "thoughts",
        thoughts: [{ summary: "Looking", content: "It is on the Seine." }],
      },
    }),
    node("call", "thoughts", said("assistant", "search()", 1_700_000_004, { recipient: "web" })),
    node("tool", "call", said("tool", "Paris", 1_700_000_005)),
    node("answer", "tool", said("assistant", "Paris\ue200cite\ue202turn0\ue201.", 1_700_000_006)),
    node("done", "answer", said("system", "", 1_700_000_007)),
  ]) as Record<string, unknown>,
};

const CONV = { id: "c1", name: "Tides", lastModified: 1_700_000_009_000, currNode: "m3" };

const MESSAGES = [
  { id: "m0", convId: "c1", type: "root", timestamp: 1, role: "system", content: "", parent: null },
  {
    id: "m1",
    convId: "c1",
    type: "text",
    timestamp: 1_700_000_001_000,
    role: "user",
    content: "Why are there tides?",
    parent: "m0",
    extra: [
      { type: "TEXT", name: "notes.md", content: "```\nmoon\n```" },
      { type: "IMAGE", name: "sea.png", base64Url: "data:image/png;base64,AAAA" },
    ],
  },
  {
    id: "m2",
    convId: "c1",
    type: "text",
    timestamp: 1_700_000_002_000,
    role: "assistant",
    content: "The moon.",
    thinking: "Gravity",
    parent: "m1",
  },
  {
    id: "m3",
    type: "text",
    timestamp: 1_700_000_003_000,
    role: "assistant",
    content: "Moon and sun.",
    parent: "m1",
  },
];

/** llama.cpp's older export. */
export const LLAMA_JSON = { conv: CONV, messages: MESSAGES };

/** Its newer one: a line for each conversation and each message. */
export const LLAMA_JSONL = [
  { type: "session", harness: "llama-ui", ...CONV },
  ...MESSAGES.map((message) => ({ type: "message", message })),
  { type: "later", of: "a later version" },
  { type: "session", id: "c2", name: "Empty", lastModified: 1, currNode: null },
]
  .map((line) => JSON.stringify(line))
  .join("\n");
