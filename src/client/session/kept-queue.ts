/** @file Messages that wait to be sent, kept in `localStorage` as drafts are. Nothing read there is believed. */

import { isTemporary } from "../../protocol/temporary-conversation.ts";

/** Where the files of a message are kept, and what they are called. */
export interface QueuedFiles {
  key: string;
  names: readonly string[];
}

/** A message as it is kept. One without files is kept as its text alone. */
export interface KeptMessage {
  text: string;
  files?: QueuedFiles | undefined;
}

const PREFIX = "rekindle.queue.";

/** More messages than a person queues. */
const MOST_MESSAGES = 100;

/** What waits in temporary conversations, and is kept nowhere else. */
const temporaryQueues = new Map<string, readonly KeptMessage[]>();

/** What is kept for a conversation, oldest first. */
export function readQueue(conversationId: string): KeptMessage[] {
  if (isTemporary(conversationId)) return [...(temporaryQueues.get(conversationId) ?? [])];
  return unlessBlocked(() => parsed(localStorage.getItem(PREFIX + conversationId) ?? "[]")) ?? [];
}

/** Keeps what waits, in place of what was kept. False if it cannot be kept. */
export function keepQueue(conversationId: string, messages: readonly KeptMessage[]): boolean {
  if (isTemporary(conversationId)) {
    temporaryQueues.set(conversationId, messages);
    return true;
  }
  const isKept = unlessBlocked(() => {
    if (messages.length > MOST_MESSAGES) return false;
    if (messages.length === 0) localStorage.removeItem(PREFIX + conversationId);
    else localStorage.setItem(PREFIX + conversationId, JSON.stringify(messages.map(written)));
    return true;
  });
  return isKept ?? false;
}

/** The conversations for which something is kept. */
export function queuedConversations(): string[] {
  const keys = unlessBlocked(() => Object.keys(localStorage)) ?? [];
  return keys.filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
}

const written = ({ text, files }: KeptMessage): unknown =>
  files ? { text, files: { key: files.key, names: files.names } } : text;

function parsed(json: string): KeptMessage[] {
  const messages: unknown = JSON.parse(json);
  if (!Array.isArray(messages)) return [];
  return messages.slice(0, MOST_MESSAGES).flatMap((message) => asMessage(message) ?? []);
}

function asMessage(kept: unknown): KeptMessage | undefined {
  if (typeof kept === "string") return { text: kept };
  if (typeof kept !== "object" || kept === null) return undefined;
  const { text, files } = kept as { text?: unknown; files?: unknown };
  if (typeof text !== "string" || typeof files !== "object" || files === null) return undefined;
  const { key, names } = files as { key?: unknown; names?: unknown };
  if (typeof key !== "string" || !Array.isArray(names)) return undefined;
  if (!names.every((name) => typeof name === "string")) return undefined;
  return { text, files: { key, names } };
}

/** Storage that is blocked or full throws, and what is kept may be no JSON. */
function unlessBlocked<T>(access: () => T): T | undefined {
  try {
    return access();
  } catch {
    return undefined;
  }
}
