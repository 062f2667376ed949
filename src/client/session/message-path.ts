import type { ChatMessage } from "../../protocol/engine-api.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";

/** The messages from the first one down to `headId`; empty when there is no such message. */
export function pathTo(messages: readonly MessageRecord[], headId: string | null): MessageRecord[] {
  const unvisited = new Map(messages.map((message) => [message.id, message]));
  const path: MessageRecord[] = [];
  for (let id = headId; id !== null;) {
    const message = unvisited.get(id);
    if (!message) break;
    unvisited.delete(id);
    path.push(message);
    id = message.parentId;
  }
  return path.reverse();
}

/** The path to the head of a conversation, which is the message that came last. */
export function shownPath(messages: readonly MessageRecord[]): MessageRecord[] {
  return pathTo(messages, messages.at(-1)?.id ?? null);
}

/**
 * The alternatives at one place of the tree, oldest first, `messageId` among them. A reply that ended
 * before its first word is no alternative, unless there is reasoning to be seen.
 */
export function siblings(messages: readonly MessageRecord[], messageId: string): MessageRecord[] {
  const self = messages.find(({ id }) => id === messageId);
  if (!self) return [];
  return messages.filter(
    (message) =>
      message.id === messageId ||
      (message.parentId === self.parentId && message.role === self.role && !isUnseen(message)),
  );
}

/** The leaf to show when `messageId` is chosen: the newest continuation, at every step. */
export function newestLeaf(messages: readonly MessageRecord[], messageId: string): string {
  const newestChild = new Map(messages.map(({ id, parentId }) => [parentId, id]));
  const seen = new Set<string>();
  let leaf = messageId;
  for (let next = newestChild.get(leaf); next !== undefined && !seen.has(next);) {
    seen.add(next);
    leaf = next;
    next = newestChild.get(leaf);
  }
  return leaf;
}

/**
 * When the conversation of a path began, in milliseconds since 1970. It is stored with its first message, so that a
 * template that writes a date writes the same one on every later day.
 */
export const begunAt = (path: readonly MessageRecord[]): number => path[0]?.createdAtMs ?? 0;

/** The messages of a path in the form that the engine takes. */
export function promptFor(path: readonly MessageRecord[]): ChatMessage[] {
  return withoutEmptyReplies(path).map(({ role, text, reasoning, tokens }) => ({
    role,
    text,
    ...(reasoning !== undefined && { reasoning }),
    ...(tokens && { tokens }),
  }));
}

/** The messages of a path that the engine knows of: templates have no form for a reply without text. */
export function withoutEmptyReplies(path: readonly MessageRecord[]): MessageRecord[] {
  return path.filter((message) => !isEmptyReply(message));
}

const isEmptyReply = ({ role, text }: MessageRecord) => role === "assistant" && text === "";

const isUnseen = (message: MessageRecord) =>
  isEmptyReply(message) && message.reasoning === undefined;
