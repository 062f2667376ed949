import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { Message } from "./Message.tsx";
import { ReplyFacts } from "./ReplyDetails.tsx";

const html = (message: Partial<MessageRecord>, isGrowing = false) =>
  renderToStaticMarkup(
    <Message
      message={{ role: "assistant", text: "Hi", status: "complete", ...message }}
      isGrowing={isGrowing}
    />,
  );

test("each side is an article under its name", () => {
  expect(html({ role: "user" })).toContain('aria-label="You"');
  expect(html({ role: "assistant" })).toContain('aria-label="Assistant"');
});

test("what the user wrote is shown as it is", () => {
  expect(html({ role: "user", text: "**a**\n<b>" })).toContain("**a**\n&lt;b&gt;");
});

test("each text has a direction of its own, and not that of the names and words around it", () => {
  const attachments = [{ name: "a.txt", text: "One" }];
  expect(html({ role: "user", text: "שלום", attachments })).toContain('dir="auto">שלום</p>');
  const answer = html({ text: "שלום", reasoning: "Hm" });
  expect(answer).toContain('<div class="markdown" dir="auto">');
  expect(answer).toContain('dir="auto">Hm</p>');
  expect(answer).toMatch(/<article class="message assistant" aria/);
});

test("files are shown by name and size, folded, and a message may have nothing else", () => {
  const attachments = [{ name: "<b>.txt", text: "One" }];
  const shown = html({ role: "user", text: "", attachments });
  expect(shown).toContain("&lt;b&gt;.txt");
  expect(shown).toContain("3 bytes");
  expect(shown).not.toContain("One");
  expect(shown).not.toContain('class="plain"');
});

test("a growing reply is busy and has no note", () => {
  const growing = html({ status: "streaming" }, true);
  expect(growing).toContain('aria-busy="true"');
  expect(growing).not.toContain("Interrupted");
});

test("reasoning is open as long as there is nothing else, and folded once there is an answer", () => {
  const thinking = html({ text: "", reasoning: "Hm", status: "streaming" }, true);
  expect(thinking).toContain('<details class="reasoning" open="">');
  expect(thinking).toContain("<summary>Thinking…</summary>");
  expect(thinking).not.toContain("aria-hidden");
  const answering = html({ reasoning: "Hm", reasoningMs: 3200, status: "streaming" }, true);
  expect(answering).toContain('<details class="reasoning"><summary>Thought for 3 s</summary>');
  const stopped = html({ text: "", reasoning: "Hm <b>", status: "stopped" });
  expect(stopped).toContain('<details class="reasoning" open=""><summary>Reasoning</summary>');
  expect(stopped).toContain("Hm &lt;b&gt;");
  expect(stopped).toContain("Interrupted");
  expect(html({})).not.toContain("<details");
  expect(html({ role: "user", reasoning: "Hm" })).not.toContain("<details");
});

test("a reply cut short says so, also before its first word", () => {
  expect(html({ status: "streaming" })).toContain("Interrupted");
  expect(html({ text: "", status: "stopped", finishReason: "cancelled" })).toContain("Stopped");
});

test("what was cut short and what was remembered are both said, when the reply is whole", () => {
  const context = { droppedMessages: 2, approximate: true };
  const cut = html({ finishReason: "length", context });
  expect(cut).toContain("length limit");
  expect(cut).toContain("older messages");
  expect(html({ context }, true)).not.toContain("older messages");
});

test("a reply says on demand which model wrote it", () => {
  const url = "https://x.example/m/";
  const model = { url, name: "M<b>", quantization: "q4f16_1", weightBytes: 9.3e6 };
  const folded = html({ model });
  expect(folded).toContain('<summary aria-label="About this answer"');
  expect(folded).not.toContain("q4f16_1");
  expect(html({ model }, true)).not.toContain("<details");
  const facts = renderToStaticMarkup(
    <ReplyFacts model={{ ...model, revision: "abc" }} figures={undefined} />,
  );
  for (const fact of ["M&lt;b&gt;", "q4f16_1, 9.3 MB", url, "abc"])
    expect(facts.replaceAll("<!-- -->", "")).toContain(`<dd translate="no">${fact}</dd>`);
  expect(renderToStaticMarkup(<ReplyFacts model={model} figures={undefined} />)).not.toContain(
    "Revision",
  );
});

test("a reply says on demand what it took, and how that is known", () => {
  const resumed = { tokens: 90, loadedTokens: 90, ms: 5, rereadMs: 300 };
  const figures = { promptTokens: 99, prefilledTokens: 9, generatedTokens: 3, resumed };
  expect(html({ figures })).toContain('aria-label="About this answer"');
  const facts = renderToStaticMarkup(<ReplyFacts model={undefined} figures={figures} />);
  expect(facts).toContain("<dd>90 tokens in 5 ms; reading them again: 0.3 s</dd>");
  expect(facts).toContain("predicted from how fast this device has read prompts");
});

test("a reply says what was read again before it", () => {
  expect(html({ rereading: { tokens: 5, ms: 1000 } })).toContain("Re-read 5 tokens in 1.0 s");
});

test("of a text of many megabytes the beginning is shown, and more if that is wanted", () => {
  const text = "moo ".repeat(5_000_000);
  for (const message of [
    { role: "user", text },
    { role: "assistant", text },
    { role: "assistant", reasoning: text },
  ] as const) {
    const long = html(message);
    expect(long.length).toBeLessThan(200_000);
    expect(long).toContain("Show more of this message");
    expect(html({ role: message.role })).not.toContain("Show more");
  }
});
