import { expect, test, vi } from "vitest";
import { fail, ok } from "../../protocol/errors.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { withRoomForText } from "./room-for-text.ts";

const FULL = fail({ code: "quota-exceeded" });

/** A store whose writes of text answer so, one after the other. */
function storeOf(...answers: Awaited<ReturnType<StoreApi["updateMessage"]>>[]) {
  const write = vi.fn(() => Promise.resolve(answers.shift() ?? ok(undefined)));
  return { appendMessage: () => Promise.reject(new Error("not asked")), updateMessage: write };
}

test.each([
  ["goes, and the text is written", true, 2, true],
  ["is not there: the disk is full of other things", false, 1, false],
])("an unfinished download %s", async (_, hasUnfinished, writes, isWritten) => {
  const store = storeOf(FULL);
  const drop = vi.fn(() => Promise.resolve(hasUnfinished));
  const written = await withRoomForText(store, drop).updateMessage();
  expect(written.ok).toBe(isWritten);
  expect(store.updateMessage).toHaveBeenCalledTimes(writes);
  expect(drop).toHaveBeenCalledTimes(1);
});

test("what finds no room after that either is told", async () => {
  const store = withRoomForText(storeOf(FULL, FULL), () => Promise.resolve(true));
  expect(await store.updateMessage()).toEqual(FULL);
});

test("any other failure is passed on, and nothing goes for it", async () => {
  const drop = vi.fn(() => Promise.resolve(true));
  const outdated = fail({ code: "outdated" });
  expect(await withRoomForText(storeOf(outdated), drop).updateMessage()).toEqual(outdated);
  expect(drop).not.toHaveBeenCalled();
});
