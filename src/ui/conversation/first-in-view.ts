import { withoutEmptyReplies } from "../../client/session/message-path.ts";
import type { ContextView } from "../../protocol/engine-api.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";

/**
 * The id of the first message that the model had in view when it answered last, or null if it saw all of them.
 *
 * A reply that has not come to its end does not say what was in view. Then an alternative to it does, because the
 * same messages are cut at the same place; or a reply before it, because the cut never moves back.
 *
 * @param path the messages that are shown
 * @param messages the whole tree
 */
export function firstInView(
  path: readonly MessageRecord[],
  messages: readonly MessageRecord[],
): string | null {
  let alternatives: Views | undefined;
  for (const { role, context: own, parentId } of path.toReversed()) {
    if (role !== "assistant") continue;
    const context = own ?? (alternatives ??= viewsIn(messages)).get(parentId);
    if (context) return context.droppedMessages > 0 ? messageAt(path, context) : null;
  }
  return null;
}

/** By the id of a message: what the newest reply to it had in view, of those replies that say so. */
type Views = ReadonlyMap<string | null, ContextView>;

function viewsIn(messages: readonly MessageRecord[]): Views {
  const views = new Map<string | null, ContextView>();
  for (const { role, parentId, text, context } of messages)
    if (role === "assistant" && text !== "" && context) views.set(parentId, context);
  return views;
}

/** The id of the first message that was kept. Only the messages that the engine was given are counted. */
function messageAt(
  path: readonly MessageRecord[],
  { droppedMessages }: ContextView,
): string | null {
  return withoutEmptyReplies(path)[droppedMessages]?.id ?? null;
}
