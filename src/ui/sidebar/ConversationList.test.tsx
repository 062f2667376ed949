import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { ConversationList } from "./ConversationList.tsx";

const conversation = (id: string, title: string): ConversationRecord => ({
  id,
  title,
  createdAtMs: 0,
  updatedAtMs: 0,
  headId: null,
});

const nothing = () => undefined;

const html = (conversations: ConversationRecord[]) =>
  renderToStaticMarkup(
    <ConversationList
      conversations={conversations}
      openId="two"
      prefetching={{ hover: nothing, press: nothing, leave: nothing }}
      onOpen={nothing}
      onDelete={nothing}
    />,
  );

test("each conversation is a link to its address; the open one is marked", () => {
  const list = html([conversation("one", "First"), conversation("two", "Second")]);
  expect(list).toContain('<a href="#/c/one" dir="auto">First</a>');
  expect(list).toContain('<a href="#/c/two" dir="auto" aria-current="page">Second</a>');
});

test("deleting names what it deletes", () => {
  expect(html([conversation("one", "First")])).toContain('aria-label="Delete &quot;First&quot;"');
});

test("an empty list says what will be there", () => {
  expect(html([])).toContain("appear here");
});

test("of very many conversations the first are listed, and one without a title can be found", () => {
  const many = Array.from({ length: 10_000 }, (_, i) => conversation(`${i}`, i === 0 ? " " : "T"));
  const list = html(many);
  expect(list.match(/<li>/g)).toHaveLength(200);
  expect(list).toContain("Show older conversations");
  expect(list).toContain('<a href="#/c/0" dir="auto">Untitled</a>');
  expect(html(many.slice(0, 200))).not.toContain("Show older");
});
