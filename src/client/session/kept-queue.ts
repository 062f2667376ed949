/** @file The texts of messages that wait to be sent, kept in `localStorage` as drafts are. Nothing read there is believed. */

import { isTemporary } from "../../protocol/temporary-conversation.ts";

const PREFIX = "rekindle.queue.";

/** More messages than a person queues. */
const MOST_MESSAGES = 100;

/** What waits in temporary conversations, and is kept nowhere else. */
const temporaryQueues = new Map<string, readonly string[]>();

/** What is kept for a conversation, oldest first. */
export function readQueue(conversationId: string): string[] {
  if (isTemporary(conversationId)) return [...(temporaryQueues.get(conversationId) ?? [])];
  return unlessBlocked(() => parsed(localStorage.getItem(PREFIX + conversationId) ?? "[]")) ?? [];
}

/** Keeps what waits, in place of what was kept. False if it cannot be kept. */
export function keepQueue(conversationId: string, texts: readonly string[]): boolean {
  if (isTemporary(conversationId)) {
    temporaryQueues.set(conversationId, texts);
    return true;
  }
  const isKept = unlessBlocked(() => {
    if (texts.length > MOST_MESSAGES) return false;
    if (texts.length === 0) localStorage.removeItem(PREFIX + conversationId);
    else localStorage.setItem(PREFIX + conversationId, JSON.stringify(texts));
    return true;
  });
  return isKept ?? false;
}

/** The conversations for which something is kept. */
export function queuedConversations(): string[] {
  const keys = unlessBlocked(() => Object.keys(localStorage)) ?? [];
  return keys.filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
}

function parsed(json: string): string[] {
  const texts: unknown = JSON.parse(json);
  if (!Array.isArray(texts)) return [];
  return texts.slice(0, MOST_MESSAGES).filter((text) => typeof text === "string");
}

/** Storage that is blocked or full throws, and what is kept may be no JSON. */
function unlessBlocked<T>(access: () => T): T | undefined {
  try {
    return access();
  } catch {
    return undefined;
  }
}
