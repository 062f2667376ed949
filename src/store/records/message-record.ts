import { asAttachments } from "../../protocol/attachments.ts";
import type {
  ContextView,
  FinishReason,
  MessageTokens,
  Rereading,
} from "../../protocol/engine-api.ts";
import { isModelAddress } from "../../protocol/model-address.ts";
import { asFigures } from "./reply-figures-record.ts";
import type {
  MessageRecord,
  MessageStatus,
  NewMessage,
  ReplyModel,
} from "../../protocol/store-api.ts";
import {
  fieldsOf,
  isCount,
  isName,
  isOneOf,
  isTime,
  type Fields,
} from "../../shared/record-fields.ts";

const STATUSES: readonly MessageStatus[] = ["complete", "streaming", "stopped", "failed"];
const FINISH_REASONS: readonly FinishReason[] = [
  "stop",
  "length",
  "context-full",
  "cancelled",
  "repetition",
];

/** The largest token id that any model can have. */
const MAX_TOKEN_ID = 2 ** 32 - 1;
const MAX_DROPPED_MESSAGES = 2 ** 32;

/**
 * Checks a message's record when it is read: anything may have written it. A field with an impossible value is
 * replaced or left out; an impossible time becomes NaN, which `inOrder` replaces. Undefined if it cannot be a message
 * of this conversation.
 */
export function asMessage(record: unknown, conversationId: string): MessageRecord | undefined {
  const fields = fieldsOf(record);
  const { id, parentId, role, text, status, createdAtMs } = fields ?? {};
  if (!isName(id) || fields?.["conversationId"] !== conversationId) return undefined;
  const known: MessageRecord = {
    id,
    conversationId,
    parentId: isName(parentId) && parentId !== id ? parentId : null,
    // An unknown role becomes `user`: the model must not take the text for more than something a person said.
    role: role === "assistant" ? role : "user",
    text: typeof text === "string" ? text : "",
    status: isOneOf(status, STATUSES) ? status : "complete",
    createdAtMs: isTime(createdAtMs) ? createdAtMs : NaN,
  };
  const files = known.role === "user" ? asAttachments(fields["attachments"]) : [];
  const attached = files.length > 0 ? { attachments: files } : {};
  return { ...known, ...attached, ...detailsOf(fields, known) };
}

/** The fields that only replies have. One with an impossible value is left out. */
function detailsOf(
  { finishReason, tokens, context, reasoning, reasoningMs, model, rereading, figures }: Fields,
  message: MessageRecord,
): Omit<MessageRecord, keyof NewMessage | "createdAtMs"> {
  const isReasoned = typeof reasoning === "string" && reasoning !== "";
  const known = isReasoned && message.role === "assistant" ? { reasoning } : undefined;
  const knownTokens = asTokens(tokens, { ...message, ...known });
  const knownContext = asContext(context);
  const isReply = message.role === "assistant";
  const knownModel = isReply ? asModel(model) : undefined;
  const knownRereading = isReply ? asRereading(rereading) : undefined;
  const knownFigures = isReply ? asFigures(figures) : undefined;
  return {
    ...known,
    ...(known && isTime(reasoningMs) && { reasoningMs }),
    ...(isOneOf(finishReason, FINISH_REASONS) && { finishReason }),
    ...(knownTokens && { tokens: knownTokens }),
    ...(knownContext && { context: knownContext }),
    ...(knownModel && { model: knownModel }),
    ...(knownRereading && { rereading: knownRereading }),
    ...(knownFigures && { figures: knownFigures }),
  };
}

/** A model that nothing could be loaded by is none. */
function asModel(value: unknown): ReplyModel | undefined {
  const { url, name, quantization, revision, weightBytes } = fieldsOf(value) ?? {};
  if (typeof url !== "string" || !isModelAddress(url)) return undefined;
  if (!isName(name) || !isName(quantization)) return undefined;
  if (!isCount(weightBytes, Number.MAX_SAFE_INTEGER)) return undefined;
  return { url, name, quantization, weightBytes, ...(isName(revision) && { revision }) };
}

function asRereading(value: unknown): Rereading | undefined {
  const { tokens, ms } = fieldsOf(value) ?? {};
  return isCount(tokens, MAX_TOKEN_ID) && isTime(ms) ? { tokens, ms } : undefined;
}

/** Most tokens of the marks around a reasoning, and of white space there. */
const MOST_AROUND_REASONING = 256;

/** Whether the tokens are those of the texts is checked by the engine, which has the tokenizer. */
function asTokens(
  value: unknown,
  { text, reasoning }: Pick<MessageRecord, "text" | "reasoning">,
): MessageTokens | undefined {
  const { tokenizer, ids, reasoningIds } = fieldsOf(value) ?? {};
  if (!isName(tokenizer) || !areIds(ids, mostTokens(text))) return undefined;
  const known = { tokenizer, ids };
  if (reasoning === undefined) return known;
  const most = mostTokens(reasoning) + MOST_AROUND_REASONING;
  return areIds(reasoningIds, most) ? { ...known, reasoningIds } : known;
}

/** A token stands for at least one byte, and a UTF-16 unit of a text for at most three. */
const mostTokens = (text: string): number => 3 * text.length + 1;

const areIds = (value: unknown, most: number): value is number[] =>
  Array.isArray(value) && value.length <= most && value.every((id) => isCount(id, MAX_TOKEN_ID));

function asContext(value: unknown): ContextView | undefined {
  const { droppedMessages, approximate } = fieldsOf(value) ?? {};
  if (!isCount(droppedMessages, MAX_DROPPED_MESSAGES) || typeof approximate !== "boolean")
    return undefined;
  return { droppedMessages, approximate };
}

/** The messages with the conversation's head as the last one. Where there is no such head, the newest one is it. */
export function withHeadLast(
  messages: readonly MessageRecord[],
  headId: string | null,
): MessageRecord[] {
  const head = messages.find(({ id }) => id === headId);
  return head ? [...messages.filter((message) => message !== head), head] : [...messages];
}

/** A message's place in the order: `steps` messages without a time after one that was written at `timeMs`. */
interface Place {
  timeMs: number;
  steps: number;
}

/**
 * The messages, oldest first. A message without a time stands behind the one it follows, or before all others if that
 * one is not known. Messages with equal places keep their given order.
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
    // Climbs to the first ancestor whose place is known, and comes down again. A recursion could be too deep.
    const climbed: string[] = [];
    let place: Place | undefined;
    for (let next = byId.get(id); next && !place; next = byId.get(next.parentId ?? "")) {
      place = places.get(next.id) ?? timedPlace(next);
      if (!place) {
        climbed.push(next.id);
        // Ends the climb where the messages form a circle.
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
