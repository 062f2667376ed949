import { expect, test } from "vitest";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { dateGroups } from "./date-groups.ts";

const TODAY = new Date(2026, 2, 15, 9, 30);

const at = (
  id: string,
  date: Date,
  more: Partial<ConversationRecord> = {},
): ConversationRecord => ({
  id,
  title: id,
  createdAtMs: 0,
  updatedAtMs: date.getTime(),
  headId: null,
  ...more,
});

const shown = (conversations: ConversationRecord[]) =>
  dateGroups(conversations, TODAY).map(({ heading, conversations: members }) => [
    heading,
    ...members.map(({ id }) => id),
  ]);

test("DG2, DG3, DG4: each conversation stands under its day, its days or its month", () => {
  expect(
    shown([
      at("ahead", new Date(2026, 2, 16)),
      at("midnight", new Date(2026, 2, 15)),
      at("before midnight", new Date(2026, 2, 14, 23, 59)),
      at("week", new Date(2026, 2, 8)),
      at("month", new Date(2026, 2, 7, 23)),
      at("still", new Date(2026, 1, 13)),
      at("february", new Date(2026, 1, 12, 23)),
      at("january", new Date(2026, 0, 1)),
      at("old", new Date(2024, 11, 31)),
      at("never", new Date(0)),
    ]),
  ).toEqual([
    ["Today", "ahead", "midnight"],
    ["Yesterday", "before midnight"],
    ["Previous 7 days", "week"],
    ["Previous 30 days", "month", "still"],
    ["February", "february"],
    ["January", "january"],
    ["December 2024", "old"],
    [expect.stringMatching(/^(January 1970|December 1969)$/), "never"],
  ]);
});

test("DG1: what is pinned comes first, and not a second time", () => {
  const old = at("old", new Date(2020, 0, 1), { isPinned: true });
  expect(shown([at("new", TODAY), old])).toEqual([
    ["Pinned", "old"],
    ["Today", "new"],
  ]);
  expect(shown([])).toEqual([]);
});
