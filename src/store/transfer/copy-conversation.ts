import type { ConversationRecord, MessageRecord } from "../../protocol/store-api.ts";
import type { ReadConversation } from "./read-conversation.ts";
import { renewed } from "./renewed.ts";

/**
 * A conversation with all of its messages under new ids and another title; undefined where it has no messages. It is the
 * newest one, and is not pinned. Its KV is found by its tokens, which are the same.
 */
export function copied(
  { conversation, messages }: { conversation: ConversationRecord; messages: MessageRecord[] },
  title: string,
  nowMs: number,
): ReadConversation | undefined {
  if (messages.length === 0) return undefined;
  const copy = renewed({ conversation, messages }, Infinity);
  const record = { ...copy.conversation, title, isRenamed: true } as const;
  delete (record as ConversationRecord).isPinned;
  return {
    messages: copy.messages,
    conversation: { ...record, updatedAtMs: Math.max(nowMs, record.updatedAtMs) },
  };
}
