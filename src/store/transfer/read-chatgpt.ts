import { fieldsOf, isTime, type Fields } from "../../shared/record-fields.ts";
import { chatGptText } from "./chatgpt-text.ts";
import { foreignTree, type ForeignNode } from "./foreign-tree.ts";
import { foreignConversation, type ReadConversation } from "./read-conversation.ts";

/**
 * One conversation of `conversations.json`, as ChatGPT exports it: a tree of nodes by their ids. What tools, the system and
 * hidden messages say is left out; what follows them then follows what was before them.
 */
export function readChatGpt(found: Fields): ReadConversation | undefined {
  const mapping = fieldsOf(found["mapping"]);
  if (!mapping) return undefined;
  const tree = foreignTree(Object.entries(mapping).map(([id, node]) => nodeOf(id, fieldsOf(node))));
  const current = found["current_node"];
  return foreignConversation({
    title: found["title"],
    messages: tree.messages,
    createdAtMs: inMs(found["create_time"]),
    updatedAtMs: inMs(found["update_time"]),
    headId: tree.messageAt(typeof current === "string" ? current : undefined),
  });
}

function nodeOf(id: string, node: Fields | undefined): ForeignNode {
  const message = fieldsOf(node?.["message"]);
  const parent = node?.["parent"];
  const role = fieldsOf(message?.["author"])?.["role"];
  const said = message && chatGptText(message);
  const isSaid = said?.text && !isForTools(message) && (role === "user" || role === "assistant");
  return {
    id,
    parentId: typeof parent === "string" ? parent : undefined,
    timeMs: inMs(message?.["create_time"]),
    ...(isSaid && { message: { role, text: said.text } }),
    thoughts: said?.thoughts,
  };
}

/** What nobody reads in a chat: calls of tools, and messages that are hidden there. */
function isForTools(message: Fields | undefined): boolean {
  const { recipient, metadata } = message ?? {};
  if (fieldsOf(metadata)?.["is_visually_hidden_from_conversation"] === true) return true;
  return typeof recipient === "string" && recipient !== "all";
}

/** Seconds since 1970, with a fraction, in milliseconds. */
function inMs(seconds: unknown): number | undefined {
  const ms = typeof seconds === "number" ? Math.round(seconds * 1000) : undefined;
  return isTime(ms) ? ms : undefined;
}
