import { asSettings } from "../../protocol/conversation-settings.ts";
import { DEFAULT_QUALITY, isQualityLevel, type QualityLevel } from "../../protocol/quality.ts";
import type {
  ConversationChange,
  ConversationRecord,
  MessageChange,
  MessageRecord,
  NewMessage,
} from "../../protocol/store-api.ts";
import { fieldsOf, isName, isTime } from "../../shared/record-fields.ts";
import { isOnlyGreeting, titleFrom } from "./title.ts";

/** What is stored when a message is added. */
interface Before {
  existing: ConversationRecord | undefined;
  /** The message that the new one follows. */
  parent: MessageRecord | undefined;
}

/** The records of the conversation and of the message, after `added` was added at `nowMs`. */
export function appended(
  { existing, parent }: Before,
  { settings, ...added }: NewMessage,
  nowMs: number,
): { conversation: ConversationRecord; message: MessageRecord } {
  const known = asConversation(existing);
  // Messages are ordered by their times. So no two times are equal, even within a millisecond or after the clock
  // was set back.
  const earlier = [known?.updatedAtMs, parent?.createdAtMs].filter(isTime);
  const createdAtMs = Math.max(nowMs, ...earlier.map((timeMs) => timeMs + 1));
  return {
    conversation: {
      ...existing,
      id: added.conversationId,
      title: titleAfter(known, added),
      createdAtMs: known?.createdAtMs ?? createdAtMs,
      updatedAtMs: createdAtMs,
      headId: added.id,
      ...(!existing && settings && { settings }),
    },
    message: { ...added, createdAtMs },
  };
}

/**
 * The title once `added` is there: that of the first user message, or of the next one where that was only a greeting. A
 * person's own title stays.
 */
function titleAfter(known: ConversationRecord | undefined, added: NewMessage): string {
  const title = known?.title ?? "";
  if (known?.isRenamed || added.role !== "user" || !isOnlyGreeting(title)) return title;
  const isText = added.text.trim() !== "";
  const made = titleFrom(isText ? added.text : (added.attachments?.[0]?.name ?? ""));
  return title !== "" && isOnlyGreeting(made) ? title : made;
}

/** The record with `level` as the conversation's own choice, or with none if `level` is undefined. */
export function withQuality(
  record: ConversationRecord,
  level: QualityLevel | undefined,
): ConversationRecord {
  const result = { ...record };
  if (level === undefined) delete result.quality;
  else result.quality = level;
  return result;
}

/** The record after a person's change. */
export function withChange(
  record: ConversationRecord,
  { title, isPinned, settings }: ConversationChange,
): ConversationRecord {
  const result = { ...record };
  const name = title?.replace(/\s+/g, " ").trim().slice(0, MAX_TITLE_LENGTH);
  if (name) Object.assign(result, { title: name, isRenamed: true });
  if (isPinned === true) result.isPinned = true;
  else if (isPinned === false) delete result.isPinned;
  const known = asSettings(settings);
  if (known) result.settings = known;
  else if (settings) delete result.settings;
  return result;
}

/** `titleFrom` gives shorter ones. */
const MAX_TITLE_LENGTH = 1000;

/**
 * Checks a conversation's record when it is read: anything may have written it. A field with an impossible value is
 * replaced or left out, and so is a level that only a later version knows. Undefined if it cannot be a conversation.
 */
export function asConversation(record: unknown): ConversationRecord | undefined {
  const { id, title, createdAtMs, updatedAtMs, headId, quality, ...marks } = fieldsOf(record) ?? {};
  if (!isName(id)) return undefined;
  const settings = asSettings(marks["settings"]);
  const [created, updated] = [createdAtMs, updatedAtMs].map((time) => (isTime(time) ? time : 0));
  return {
    id,
    title: typeof title === "string" ? title.slice(0, MAX_TITLE_LENGTH) : "",
    createdAtMs: created ?? 0,
    updatedAtMs: Math.max(created ?? 0, updated ?? 0),
    headId: isName(headId) ? headId : null,
    ...(isQualityLevel(quality) && { quality }),
    ...(isTime(marks["deletedAtMs"]) && { deletedAtMs: marks["deletedAtMs"] }),
    ...(marks["isRenamed"] === true && { isRenamed: true }),
    ...(marks["isPinned"] === true && { isPinned: true }),
    ...(settings && { settings }),
  };
}

/** Checks the stored level for all conversations when it is read. */
export const qualityFrom = (stored: unknown): QualityLevel =>
  isQualityLevel(stored) ? stored : DEFAULT_QUALITY;

/** The message after an update. */
export function changed(message: MessageRecord, change: MessageChange): MessageRecord {
  const result = { ...message, ...change };
  // The old tokens are those of the old text.
  if (change.text !== undefined && !change.tokens) delete result.tokens;
  return result;
}
