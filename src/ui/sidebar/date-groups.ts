import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";
import type { ConversationRecord } from "../../protocol/store-api.ts";

/** Conversations under one heading. */
export interface DateGroup {
  heading: string;
  conversations: readonly ConversationRecord[];
}

const WEEK_DAYS = 7;
const MONTH_DAYS = 30;

/**
 * The conversations under headings of when they were updated, in the order in which they are given.
 *
 * - DG1: Pinned ones come first, whenever they were updated.
 * - DG2: Days begin at midnight, where the person is. What is from later than today is from today.
 * - DG3: The seven days before yesterday's end are "Previous 7 days", and the thirty are "Previous 30 days".
 * - DG4: Before that, each month is a group, named with its year where that is another one.
 *
 * @param conversations the most recently updated first
 */
export function dateGroups(
  conversations: readonly ConversationRecord[],
  today: Date,
): readonly DateGroup[] {
  const groups = new Map<string, ConversationRecord[]>();
  const pinned = conversations.filter(({ isPinned }) => isPinned);
  if (pinned.length > 0) groups.set(t`Pinned`, pinned);
  for (const conversation of conversations) {
    if (conversation.isPinned) continue;
    const heading = headingOf(conversation.updatedAtMs, today);
    const members = groups.get(heading);
    if (members) members.push(conversation);
    else groups.set(heading, [conversation]);
  }
  return [...groups].map(([heading, members]) => ({ heading, conversations: members }));
}

function headingOf(timeMs: number, today: Date): string {
  if (timeMs >= daysBefore(today, 0)) return t`Today`;
  if (timeMs >= daysBefore(today, 1)) return t`Yesterday`;
  if (timeMs >= daysBefore(today, WEEK_DAYS)) return t`Previous 7 days`;
  if (timeMs >= daysBefore(today, MONTH_DAYS)) return t`Previous 30 days`;
  const date = new Date(timeMs);
  const isThisYear = date.getFullYear() === today.getFullYear();
  return new Intl.DateTimeFormat(i18n.locale, {
    month: "long",
    ...(!isThisYear && { year: "numeric" }),
  }).format(date);
}

/** When the day began that was `days` before today. A day may have 23 or 25 hours. */
const daysBefore = (today: Date, days: number): number =>
  new Date(today.getFullYear(), today.getMonth(), today.getDate() - days).getTime();
