import type { MessageRecord } from "../../protocol/store-api.ts";
import { withoutDeletion } from "../records/discarded.ts";
import type { ReadConversation } from "./read-conversation.ts";

/**
 * A conversation with ids of its own. A message whose parent does not stand before it begins a branch of its own, so that no
 * path can be a circle.
 *
 * @param nowMs nothing can have happened later than this, or it would stand above all that is said from now on
 */
export function renewed(
  { conversation, messages }: ReadConversation,
  nowMs: number,
): ReadConversation {
  const id = crypto.randomUUID();
  /** New ids of the messages that came before. */
  const ids = new Map<string, string>();
  let before = -1;
  const added = messages.flatMap((message): MessageRecord[] => {
    // Of two messages with one id, the first counts.
    if (ids.has(message.id)) return [];
    const parentId = ids.get(message.parentId ?? "") ?? null;
    const renewedId = crypto.randomUUID();
    ids.set(message.id, renewedId);
    // A reply that was growing when it was exported has been cut short.
    const status = message.status === "streaming" ? "stopped" : message.status;
    // Messages are ordered by their times, so that no two are equal.
    const createdAtMs = (before = Math.max(Math.min(message.createdAtMs, nowMs), before + 1));
    return [{ ...message, createdAtMs, id: renewedId, conversationId: id, parentId, status }];
  });
  return {
    conversation: {
      ...withoutDeletion(conversation),
      id,
      createdAtMs: Math.min(conversation.createdAtMs, nowMs),
      updatedAtMs: Math.min(conversation.updatedAtMs, nowMs),
      headId: ids.get(conversation.headId ?? "") ?? added.at(-1)?.id ?? null,
    },
    messages: added,
  };
}
