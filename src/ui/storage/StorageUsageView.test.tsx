import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { StorageUsage } from "../../protocol/store-api.ts";
import { LimitSelect } from "./LimitSelect.tsx";
import { StorageUsageView } from "./StorageUsageView.tsx";

const usage: StorageUsage = {
  mode: { kind: "persistent" },
  kvBytes: 2.5e6,
  conversations: [{ conversationId: "a", ownBytes: 2.5e6, sharedBytes: 0, shares: [] }],
  limitBytes: 1e9,
  quotaBytes: 1e10,
  originBytes: 3e6,
};
const record = { id: "a", title: "First", createdAtMs: 0, updatedAtMs: 0, headId: null };

const view = (used: StorageUsage, conversations = [record]) =>
  renderToStaticMarkup(
    <StorageUsageView
      usage={used}
      conversations={conversations}
      choiceFor={({ title }) => `choice for ${title}`}
    />,
  );

test("what is used of the limit is a meter, with the numbers beside it", () => {
  const html = view(usage);
  expect(html).toMatch(/<meter aria-label="Caches" min="0" max="1000000000" value="2500000">/);
  expect(html).toContain("2.5 MB of 1.0 GB used");
  expect(html).toContain(
    `<td dir="auto" translate="no">First</td><td>2.5 MB</td><td>choice for First</td>`,
  );
});

test("how a cache is stored stands below its size", () => {
  const shares = [{ family: "rows", bits: 8, tokens: 200, bytes: 2.5e6, plainBytes: 4.7e6 }];
  const [conversation] = usage.conversations;
  const html = view({ ...usage, conversations: conversation ? [{ ...conversation, shares }] : [] });
  expect(html).toContain('<td>2.5 MB<span class="form">8 bits, 1.9 times smaller</span></td>');
});

const empty = { ...usage, kvBytes: 0, conversations: [] };

test("a conversation without a cache has its choice, too; without any there is no table", () => {
  expect(view(empty)).toContain(
    `<td dir="auto" translate="no">First</td><td>none</td><td>choice for First</td>`,
  );
  expect(view(empty, [])).not.toContain("<table");
});

test("where a conversation is gone there is nothing to choose", () => {
  expect(view(usage, [])).toContain('<td dir="auto">Untitled</td><td>2.5 MB</td><td></td>');
});

const limit = (limitBytes: number) =>
  renderToStaticMarkup(
    <LimitSelect limitBytes={limitBytes} isDisabled={false} onChange={() => undefined} />,
  );

test("a limit that can be chosen is chosen; any other is the default", () => {
  expect(limit(1e9)).toContain('<option value="1000000000" selected="">1 GB</option>');
  expect(limit(1e9)).toContain('<option value="default">Default</option>');
  expect(limit(2e9)).toContain('<option value="default" selected="">Default (2.0 GB)</option>');
});
