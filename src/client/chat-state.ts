import type { EngineFailure } from "../protocol/errors.ts";
import type { MessageRecord } from "../protocol/store-api.ts";

/** The reply being written, and what has arrived of it. */
export interface Reply {
  messageId: string;
  /** The user message it answers. */
  parentId: string;
  text: string;
  /** What the model thought before the text; empty if it did not, or has not begun to. */
  reasoning: string;
  /** How long it thought; absent while it does. */
  reasoningMs?: number;
}

/** What one conversation is doing. A change makes a new object. */
export type ChatState =
  | { phase: "idle" }
  | { phase: "answering"; conversationId: string; reply: Reply }
  /** `reply` holds the text that arrived, even where it could not be stored. */
  | { phase: "failed"; conversationId: string; reply: Reply; failure: EngineFailure };

export const IDLE: ChatState = { phase: "idle" };

/** The fields of a reply's record that tell of its reasoning; none if there was none. */
export function reasoningOf({
  reasoning,
  reasoningMs,
}: Reply): Pick<MessageRecord, "reasoning" | "reasoningMs"> {
  if (reasoning === "") return {};
  return { reasoning, ...(reasoningMs !== undefined && { reasoningMs }) };
}

/** The stored messages, with the reply of `state` in place of what is stored of it, which is older. */
export function withReply(messages: readonly MessageRecord[], state: ChatState): MessageRecord[] {
  if (state.phase === "idle") return [...messages];
  const { reply, conversationId } = state;
  const status = state.phase === "answering" ? "streaming" : "failed";
  const shown = { text: reply.text, status, ...reasoningOf(reply) } as const;
  if (messages.some(({ id }) => id === reply.messageId))
    return messages.map((message) =>
      message.id === reply.messageId ? { ...message, ...shown } : message,
    );
  // The reply is not stored yet, or could not be. It is shown only after the question that it answers.
  const question = messages.find(({ id }) => id === reply.parentId);
  if (!question) return [...messages];
  const { messageId: id, parentId } = reply;
  const { createdAtMs } = question;
  return [...messages, { id, parentId, conversationId, role: "assistant", createdAtMs, ...shown }];
}
