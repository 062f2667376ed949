import { expect, test } from "vitest";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { firstInView } from "./first-in-view.ts";

const message = (id: string, fields: Partial<MessageRecord> = {}): MessageRecord => ({
  id,
  conversationId: "c",
  parentId: null,
  role: id.startsWith("q") ? "user" : "assistant",
  text: `text of ${id}`,
  status: "complete",
  createdAtMs: 0,
  ...fields,
});

/** A number is a reply for which that many messages were dropped. Anything else does not say what was in view. */
function pathOf(messages: Record<string, number | Partial<MessageRecord> | undefined>) {
  let parentId: string | null = null;
  return Object.entries(messages).map(([id, told]) => {
    const context =
      typeof told === "number" ? { context: { droppedMessages: told, approximate: true } } : told;
    const made = message(id, { parentId, ...context });
    parentId = id;
    return made;
  });
}

const cutOf = (path: MessageRecord[]) => firstInView(path, path);
const none = undefined;

test("there is no cut where nothing was dropped, or nothing is known of it", () => {
  expect(cutOf([])).toBeNull();
  expect(cutOf(pathOf({ q1: none }))).toBeNull();
  expect(cutOf(pathOf({ q1: none, a1: 0, q2: none, a2: 0 }))).toBeNull();
  expect(cutOf(pathOf({ q1: none, a1: none }))).toBeNull();
});

test("the cut is before the first message that was kept", () => {
  expect(cutOf(pathOf({ q1: none, a1: 0, q2: none, a2: 2 }))).toBe("q2");
  expect(cutOf(pathOf({ q1: none, a1: 0, q2: none, a2: 2, q3: none, a3: 4 }))).toBe("q3");
});

test("a reply that tells nothing yet, or never will, leaves the cut where it was", () => {
  const before = { q1: none, a1: 0, q2: none, a2: 2, q3: none } as const;
  expect(cutOf(pathOf(before))).toBe("q2");
  expect(cutOf(pathOf({ ...before, a3: { text: "", status: "streaming" } }))).toBe("q2");
  expect(cutOf(pathOf({ ...before, a3: { status: "failed" } }))).toBe("q2");
});

test("replies without text were not given to the model, and are not counted", () => {
  const stopped = { text: "", status: "stopped" } as const;
  expect(cutOf(pathOf({ q1: none, a1: stopped, q2: none, a2: 0, q3: none, a3: 1 }))).toBe("q2");
});

test("the last reply decides, also if it saw more than the one before it", () => {
  expect(cutOf(pathOf({ q1: none, a1: 0, q2: none, a2: 2, q3: none, a3: 0 }))).toBeNull();
});

test("while a reply is given anew, the cut is that of the one it replaces", () => {
  const path = pathOf({ q1: none, a1: 0, q2: none, a2: 2 });
  const anew = message("a2'", { parentId: "q2", text: "", status: "streaming" });
  expect(firstInView([...path.slice(0, 3), anew], [...path, anew])).toBe("q2");
  const whole = { ...anew, text: "Hi", context: { droppedMessages: 0, approximate: false } };
  expect(firstInView([...path.slice(0, 3), whole], [...path, whole])).toBeNull();
  // A reply that says what it had in view needs no other.
  expect(firstInView(path, [...path, whole])).toBe("q2");
});

test("a hundred thousand messages whose replies tell nothing are looked through in no time", () => {
  const path = Array.from({ length: 100_000 }, (_, i) =>
    message(`m${i}`, { parentId: `m${i - 1}`, role: i % 2 === 0 ? "user" : "assistant" }),
  );
  expect(firstInView(path, path)).toBeNull();
});
