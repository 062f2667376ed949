import { siblings, withoutEmptyReplies } from "../client/message-path.ts";
import type { ContextView, EngineStatus } from "../protocol/engine-api.ts";
import type { MessageRecord } from "../protocol/store-api.ts";

/**
 * The first message that the model had in view when it answered last, or null if it saw all of them.
 *
 * A reply that has not come to its end tells nothing of its view. An alternative to it does: the same
 * messages are cut at the same place. So does a reply before it: the cut never moves back.
 *
 * @param path what is shown
 * @param messages the whole tree
 */
export function firstInView(
  path: readonly MessageRecord[],
  messages: readonly MessageRecord[],
): string | null {
  for (const message of path.toReversed()) {
    const context = message.role === "assistant" ? viewOf(message, messages) : undefined;
    if (context) return context.droppedMessages > 0 ? messageAt(path, context) : null;
  }
  return null;
}

function viewOf(reply: MessageRecord, messages: readonly MessageRecord[]): ContextView | undefined {
  return reply.context ?? siblings(messages, reply.id).findLast(({ context }) => context)?.context;
}

/** Counted are only the messages that the engine was given. */
function messageAt(
  path: readonly MessageRecord[],
  { droppedMessages }: ContextView,
): string | null {
  return withoutEmptyReplies(path)[droppedMessages]?.id ?? null;
}

export function cutSentence(status: EngineStatus): string {
  const length =
    status.phase === "ready"
      ? `context of ${status.model.contextTokens.toLocaleString("en")} tokens`
      : "context";
  return `The model no longer sees what is above: the conversation is longer than its ${length}.`;
}
