import { DEFAULT_QUALITY, isQualityLevel, type QualityLevel } from "../../protocol/quality.ts";
import type {
  ConversationRecord,
  MessageChange,
  MessageRecord,
  NewMessage,
} from "../../protocol/store-api.ts";
import { fieldsOf, isName, isTime } from "./record-fields.ts";
import { titleFrom } from "./title.ts";

/** What a message is added to. */
interface Before {
  existing: ConversationRecord | undefined;
  /** The message it follows. */
  parent: MessageRecord | undefined;
}

/** What adding `added` makes of its conversation, and of itself. */
export function appended(
  { existing, parent }: Before,
  added: NewMessage,
  nowMs: number,
): { conversation: ConversationRecord; message: MessageRecord } {
  const known = asConversation(existing);
  // Times order the messages, so no two are equal, however fast they come or the clock is set back.
  const earlier = [known?.updatedAtMs, parent?.createdAtMs].filter(isTime);
  const createdAtMs = Math.max(nowMs, ...earlier.map((timeMs) => timeMs + 1));
  const title = known?.title ?? "";
  return {
    conversation: {
      ...existing,
      id: added.conversationId,
      title: title === "" && added.role === "user" ? titleFrom(added.text) : title,
      createdAtMs: known?.createdAtMs ?? createdAtMs,
      updatedAtMs: createdAtMs,
      headId: added.id,
    },
    message: { ...added, createdAtMs },
  };
}

/** The record with that level for its own choice; without one, if the level is undefined. */
export function withQuality(
  record: ConversationRecord,
  level: QualityLevel | undefined,
): ConversationRecord {
  const result = { ...record };
  if (level === undefined) delete result.quality;
  else result.quality = level;
  return result;
}

/** A title of ours is shorter. */
const MAX_TITLE_LENGTH = 1000;

/**
 * A conversation as it is read, whatever wrote it: of what it says, only what a conversation can say. A
 * level that only a later version knows is no choice. What is none is undefined.
 */
export function asConversation(record: unknown): ConversationRecord | undefined {
  const { id, title, createdAtMs, updatedAtMs, headId, quality } = fieldsOf(record) ?? {};
  if (!isName(id)) return undefined;
  const [created, updated] = [createdAtMs, updatedAtMs].map((time) => (isTime(time) ? time : 0));
  return {
    id,
    title: typeof title === "string" ? title.slice(0, MAX_TITLE_LENGTH) : "",
    createdAtMs: created ?? 0,
    updatedAtMs: Math.max(created ?? 0, updated ?? 0),
    headId: isName(headId) ? headId : null,
    ...(isQualityLevel(quality) && { quality }),
  };
}

/** The level for all, of what was stored as such. */
export const qualityFrom = (stored: unknown): QualityLevel =>
  isQualityLevel(stored) ? stored : DEFAULT_QUALITY;

export function changed(message: MessageRecord, change: MessageChange): MessageRecord {
  const result = { ...message, ...change };
  // Tokens are those of the text they came with.
  if (change.text !== undefined && !change.tokens) delete result.tokens;
  return result;
}
