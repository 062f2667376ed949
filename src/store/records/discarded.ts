/**
 * @file A conversation that was deleted a moment ago. Its record and its messages are there, marked by `deletedAtMs`, so
 * that the deletion can be taken back.
 */

import type { ConversationRecord } from "../../protocol/store-api.ts";

export const isShown = ({ deletedAtMs }: ConversationRecord): boolean => deletedAtMs === undefined;

export function withoutDeletion(record: ConversationRecord): ConversationRecord {
  const result = { ...record };
  delete result.deletedAtMs;
  return result;
}

export const asDiscarded = ({
  id,
  deletedAtMs,
}: ConversationRecord): { id: string; deletedAtMs: number }[] =>
  deletedAtMs === undefined ? [] : [{ id, deletedAtMs }];

/** How long a deletion can be taken back. */
const UNDO_MS = 30_000;

/**
 * How long a discarded conversation is still kept, in milliseconds; 0 if it is to be deleted now. A time that lies ahead
 * by more than it can be kept was not written by this clock, and keeps nothing.
 */
export function keptForMs(deletedAtMs: number, nowMs: number): number {
  const leftMs = deletedAtMs + UNDO_MS - nowMs;
  return leftMs > 0 && leftMs <= 2 * UNDO_MS ? leftMs : 0;
}
