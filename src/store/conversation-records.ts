import type {
  ConversationRecord,
  MessageChange,
  MessageRecord,
  NewMessage,
} from "../protocol/store-api.ts";
import { titleFrom } from "./title.ts";

/** What adding `added` makes of its conversation, and of itself. */
export function appended(
  existing: ConversationRecord | undefined,
  added: NewMessage,
  nowMs: number,
): { conversation: ConversationRecord; message: MessageRecord } {
  // Times order the messages, so no two are equal, however fast they come or the clock is set back.
  const createdAtMs = existing ? Math.max(nowMs, existing.updatedAtMs + 1) : nowMs;
  const title = existing?.title ?? "";
  return {
    conversation: {
      id: added.conversationId,
      title: title === "" && added.role === "user" ? titleFrom(added.text) : title,
      createdAtMs: existing?.createdAtMs ?? createdAtMs,
      updatedAtMs: createdAtMs,
      headId: added.id,
    },
    message: { ...added, createdAtMs },
  };
}

export function changed(message: MessageRecord, change: MessageChange): MessageRecord {
  const result = { ...message, ...change };
  // Tokens are those of the text they came with.
  if (change.text !== undefined && !change.tokens) delete result.tokens;
  return result;
}
