import type { QualityLevel } from "../protocol/engine-api.ts";
import { DEFAULT_QUALITY, isQualityLevel } from "../protocol/quality.ts";
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
      ...existing,
      id: added.conversationId,
      title: title === "" && added.role === "user" ? titleFrom(added.text) : title,
      createdAtMs: existing?.createdAtMs ?? createdAtMs,
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

/** A record as it is read: a level that only a later version knows is no choice. */
export const asKnown = (record: ConversationRecord): ConversationRecord =>
  isQualityLevel(record.quality) ? record : withQuality(record, undefined);

/** The level for all, of what was stored as such. */
export const qualityFrom = (stored: unknown): QualityLevel =>
  isQualityLevel(stored) ? stored : DEFAULT_QUALITY;

export function changed(message: MessageRecord, change: MessageChange): MessageRecord {
  const result = { ...message, ...change };
  // Tokens are those of the text they came with.
  if (change.text !== undefined && !change.tokens) delete result.tokens;
  return result;
}
