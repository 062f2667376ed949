import type { ContextView, FinishReason, MessageTokens } from "../../protocol/engine-api.ts";
import type { MessageRecord, MessageStatus } from "../../protocol/store-api.ts";
import { fieldsOf, isCount, isName, isOneOf, isTime } from "./record-fields.ts";

const STATUSES: readonly MessageStatus[] = ["complete", "streaming", "stopped", "failed"];
const FINISH_REASONS: readonly FinishReason[] = ["stop", "length", "context-full", "cancelled"];

/** Of any model. */
const MAX_TOKEN_ID = 2 ** 32 - 1;
const MAX_DROPPED_MESSAGES = 2 ** 32;

/**
 * A message as it is read, whatever wrote it: of what it says, only what a message can say. What is
 * no message of this conversation is undefined. Without a time that can be one, its time is NaN: see
 * `inOrder`.
 */
export function asMessage(record: unknown, conversationId: string): MessageRecord | undefined {
  const fields = fieldsOf(record);
  const { id, parentId, role, text, status, createdAtMs } = fields ?? {};
  if (!isName(id) || fields?.["conversationId"] !== conversationId) return undefined;
  const known: MessageRecord = {
    id,
    conversationId,
    parentId: isName(parentId) && parentId !== id ? parentId : null,
    // Whatever else it is called, the model is to take it for no more than something a person said.
    role: role === "assistant" ? role : "user",
    text: typeof text === "string" ? text : "",
    status: isOneOf(status, STATUSES) ? status : "complete",
    createdAtMs: isTime(createdAtMs) ? createdAtMs : NaN,
  };
  return { ...known, ...detailsOf(fields, known) };
}

/** Of a reply's end. A detail that cannot be one is as if it had not been stored. */
function detailsOf(
  { finishReason, tokens, context }: Readonly<Record<string, unknown>>,
  { text }: MessageRecord,
): Pick<MessageRecord, "finishReason" | "tokens" | "context"> {
  const knownTokens = asTokens(tokens, text);
  const knownContext = asContext(context);
  return {
    ...(isOneOf(finishReason, FINISH_REASONS) && { finishReason }),
    ...(knownTokens && { tokens: knownTokens }),
    ...(knownContext && { context: knownContext }),
  };
}

/** Whether they are really the text's is for the engine to see, which has the tokenizer. */
function asTokens(value: unknown, text: string): MessageTokens | undefined {
  const { tokenizer, ids } = fieldsOf(value) ?? {};
  // Each token is a byte at least, and a character of the text three at most.
  if (!isName(tokenizer) || !Array.isArray(ids) || ids.length > 3 * text.length + 1)
    return undefined;
  const areIds = ids.every((id) => isCount(id, MAX_TOKEN_ID));
  return areIds ? { tokenizer, ids: ids } : undefined;
}

function asContext(value: unknown): ContextView | undefined {
  const { droppedMessages, approximate } = fieldsOf(value) ?? {};
  if (!isCount(droppedMessages, MAX_DROPPED_MESSAGES) || typeof approximate !== "boolean")
    return undefined;
  return { droppedMessages, approximate };
}

/** When a message was written: so many messages without a time after one at `timeMs`. */
interface Place {
  timeMs: number;
  steps: number;
}

/**
 * Oldest first. A message without a time stands behind the one it follows, or before all others where
 * that is not known; of equals, the one that is given first.
 */
export function inOrder(messages: readonly MessageRecord[]): MessageRecord[] {
  const places = placesOf(messages);
  return messages
    .map((message) => ({ message, ...(places.get(message.id) ?? FIRST) }))
    .sort((some, other) => some.timeMs - other.timeMs || some.steps - other.steps)
    .map(({ message, timeMs }) => ({ ...message, createdAtMs: timeMs }));
}

const FIRST: Place = { timeMs: 0, steps: 0 };

function placesOf(messages: readonly MessageRecord[]): Map<string, Place> {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const places = new Map<string, Place>();
  for (const { id } of messages) {
    // Up to the first one whose place is known, and down again: without recursion, however many they are.
    const climbed: string[] = [];
    let place: Place | undefined;
    for (let next = byId.get(id); next && !place; next = byId.get(next.parentId ?? "")) {
      place = places.get(next.id) ?? timedPlace(next);
      if (!place) {
        climbed.push(next.id);
        // In a circle it is its own predecessor.
        places.set(next.id, FIRST);
      }
    }
    place ??= FIRST;
    if (climbed.length === 0) places.set(id, place);
    for (const untimed of climbed.reverse()) {
      place = { timeMs: place.timeMs, steps: place.steps + 1 };
      places.set(untimed, place);
    }
  }
  return places;
}

const timedPlace = ({ createdAtMs: timeMs }: MessageRecord): Place | undefined =>
  isTime(timeMs) ? { timeMs, steps: 0 } : undefined;
