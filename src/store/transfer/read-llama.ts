import { fieldsOf, isTime, type Fields } from "../../shared/record-fields.ts";
import { fenced } from "./fenced.ts";
import { foreignTree, type ForeignNode } from "./foreign-tree.ts";
import { foreignConversation, type ReadConversation } from "./read-conversation.ts";

/** One conversation of llama.cpp's web UI: `conv` says what it is, and `messages` are a tree by their parents. */
export function readLlama(
  conv: unknown,
  messages: readonly unknown[],
): ReadConversation | undefined {
  const { name, lastModified, currNode } = fieldsOf(conv) ?? {};
  const tree = foreignTree(messages.flatMap((message) => nodeOf(fieldsOf(message)) ?? []));
  return foreignConversation({
    title: name,
    messages: tree.messages,
    createdAtMs: undefined,
    updatedAtMs: isTime(lastModified) ? lastModified : undefined,
    headId: tree.messageAt(idOf(currNode)),
  });
}

/** The root, what the system says and what tools answer are no messages here. */
function nodeOf(message: Fields | undefined): ForeignNode | undefined {
  const id = idOf(message?.["id"]);
  if (!message || id === undefined) return undefined;
  const { role, parent, timestamp, type } = message;
  const text = [...extrasOf(message["extra"]), contentOf(message["content"])]
    .filter(Boolean)
    .join("\n\n");
  const isSaid = (role === "user" || role === "assistant") && type !== "root" && text !== "";
  const thinking = message["reasoningContent"] ?? message["thinking"];
  const reasoning = typeof thinking === "string" ? thinking : undefined;
  return {
    id,
    parentId: idOf(parent),
    timeMs: isTime(timestamp) ? timestamp : undefined,
    ...(isSaid && { message: { role, text, reasoning } }),
  };
}

/** Older versions count their messages. */
const idOf = (id: unknown): string | undefined =>
  typeof id === "string" || typeof id === "number" ? String(id) : undefined;

function contentOf(content: unknown): string {
  if (typeof content === "string") return content;
  const parts: readonly unknown[] = Array.isArray(content) ? content : [];
  return parts
    .map((part) => fieldsOf(part)?.["text"])
    .filter((text) => typeof text === "string")
    .join("\n");
}

/** Attached texts, as code behind their names, and a note for whatever else was attached. */
function extrasOf(extra: unknown): string[] {
  const all: readonly unknown[] = Array.isArray(extra) ? extra : [];
  return all.map((one) => {
    const { type, name, content } = fieldsOf(one) ?? {};
    const called = typeof name === "string" ? name.slice(0, 256) : "";
    if (typeof content === "string") return [called, fenced(content)].filter(Boolean).join("\n\n");
    const kind = typeof type === "string" && /image/i.test(type) ? "image" : "file";
    return called === "" ? `[${kind}]` : `[${kind}: ${called}]`;
  });
}
