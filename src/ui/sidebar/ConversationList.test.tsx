import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { listOf } from "./testing-list.tsx";

const conversation = (id: string, title: string): ConversationRecord => ({
  id,
  title,
  createdAtMs: 0,
  updatedAtMs: Date.now(),
  headId: null,
});

const html = (conversations: ConversationRecord[]) => renderToStaticMarkup(listOf(conversations));

test("each conversation is a link to its address; the open one is marked, and is the one tab stop", () => {
  const list = html([conversation("one", "First"), conversation("two", "Second")]);
  expect(list).toMatch(/<a href="#\/c\/one"[^>]*tabindex="-1"[^>]*>First<\/a>/);
  expect(list).toMatch(/<a href="#\/c\/two"[^>]*tabindex="0" aria-current="page"[^>]*>Second<\/a>/);
  expect(list.match(/tabindex="0"/g)).toHaveLength(1);
  expect(list).toContain("<h2>Today</h2>");
});

test("the menu of a row names its conversation", () => {
  expect(html([conversation("one", "First")])).toContain('aria-label="More actions for “First”"');
});

test("an empty list says what will be there", () => {
  expect(html([])).toContain("appear here");
});

test("of very many conversations a few are on the page, and each says which of how many it is", () => {
  const many = Array.from({ length: 10_000 }, (_, i) => conversation(`${i}`, i === 0 ? " " : "T"));
  const list = html(many);
  expect(list.match(/<li/g)?.length).toBeLessThan(60);
  expect(list).toContain('aria-setsize="10000" aria-posinset="1"');
  expect(list).toMatch(/<a href="#\/c\/0"[^>]*>Untitled<\/a>/);
});
