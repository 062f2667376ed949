import { expect, test } from "vitest";
import type { ConversationRecord, MessageRecord } from "../../protocol/store-api.ts";
import { forked, withdrawn } from "./branches.ts";

/** q1 ─ a1 ─ q2 ─ a2, beside q2 the question q3, and beside q1 the question q4. */
const messages: MessageRecord[] = [
  ["q1", null],
  ["a1", "q1"],
  ["q2", "a1"],
  ["a2", "q2"],
  ["q3", "a1"],
  ["q4", null],
].map(([id = "", parentId = null], i) => ({
  id: id ?? "",
  conversationId: "c",
  parentId,
  role: id?.startsWith("a") ? ("assistant" as const) : ("user" as const),
  text: `text of ${id}`,
  status: "complete",
  createdAtMs: i,
}));

const conversation: ConversationRecord = {
  id: "c",
  title: "All",
  createdAtMs: 0,
  updatedAtMs: 5,
  headId: "a2",
  quality: "compact",
  isPinned: true,
};

const fork = (messageId: string, of = messages) =>
  forked({ conversation, messages: of }, { conversationId: "c", messageId, title: "Part" }, 100);

test("a fork has the messages down to one, with new ids and the same times, and the settings", () => {
  const { conversation: part, messages: copies = [] } = fork("a2") ?? {};
  expect(copies.map(({ text }) => text)).toEqual(
    ["q1", "a1", "q2", "a2"].map((id) => `text of ${id}`),
  );
  expect(copies.map(({ createdAtMs }) => createdAtMs)).toEqual([0, 1, 2, 3]);
  expect(copies.map(({ parentId }) => parentId)).toEqual([
    null,
    ...copies.slice(0, -1).map(({ id }) => id),
  ]);
  const ids = new Set([...messages, ...copies].map(({ id }) => id));
  expect(ids.size).toBe(messages.length + copies.length);
  expect(part).toEqual({
    id: copies[0]?.conversationId,
    title: "Part",
    createdAtMs: 100,
    updatedAtMs: 100,
    headId: copies.at(-1)?.id,
    quality: "compact",
  });
});

test("a reply that is growing is cut in the fork, and a message that is not there has none", () => {
  const growing = messages.map((one) =>
    one.id === "a1" ? { ...one, status: "streaming" as const } : one,
  );
  expect(fork("a1", growing)?.messages.at(-1)).toMatchObject({ status: "stopped" });
  expect(fork("gone")).toBeUndefined();
  expect(fork("a", [{ ...(messages[1] as MessageRecord), id: "a", parentId: "a" }])).toBeDefined();
});

test("a message goes with what follows it, and what is left at its place is shown", () => {
  const gone = (id: string) => {
    const { removed, headId } = withdrawn(messages, id);
    return [removed.toSorted(), headId];
  };
  expect(gone("q3")).toEqual([["q3"], "a2"]);
  expect(gone("q2")).toEqual([["a2", "q2"], "q3"]);
  expect(gone("q1")).toEqual([["a1", "a2", "q1", "q2", "q3"], "q4"]);
  expect(gone("gone")).toEqual([[], null]);
  expect(withdrawn(messages.slice(0, 1), "q1")).toEqual({ removed: ["q1"], headId: null });
  expect(withdrawn(messages.slice(0, 3), "q2")).toEqual({ removed: ["q2"], headId: "a1" });
});
