import type { EngineFailure } from "../protocol/errors.ts";
import type { MessageRecord } from "../protocol/store-api.ts";

/** The reply being written, and what has arrived of it. */
export interface Reply {
  messageId: string;
  /** The user message it answers. */
  parentId: string;
  text: string;
}

/** What one conversation is doing. Replaced, never changed in place. */
export type ChatState =
  | { phase: "idle" }
  | { phase: "answering"; conversationId: string; reply: Reply }
  /** `reply` holds what arrived, also when it could not be stored. */
  | { phase: "failed"; conversationId: string; reply: Reply; failure: EngineFailure };

export const IDLE: ChatState = { phase: "idle" };

/** The stored messages with the run's reply as it stands now: newer than what is stored of it. */
export function withReply(messages: readonly MessageRecord[], state: ChatState): MessageRecord[] {
  if (state.phase === "idle") return [...messages];
  const { reply, conversationId } = state;
  const status = state.phase === "answering" ? "streaming" : "failed";
  const shown = { text: reply.text, status } as const;
  if (messages.some(({ id }) => id === reply.messageId))
    return messages.map((message) =>
      message.id === reply.messageId ? { ...message, ...shown } : message,
    );
  // Not stored yet, or the storing failed. Without its question on screen it would answer nothing.
  const question = messages.find(({ id }) => id === reply.parentId);
  if (!question) return [...messages];
  const { messageId: id, parentId } = reply;
  const { createdAtMs } = question;
  return [...messages, { id, parentId, conversationId, role: "assistant", createdAtMs, ...shown }];
}
