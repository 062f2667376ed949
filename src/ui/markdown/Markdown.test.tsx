import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { Markdown } from "./Markdown.tsx";

const html = (text: string) => renderToStaticMarkup(<Markdown text={text} />);

test("a picture is its description and a link, and never fetched", () => {
  const shown = html("See ![a red fox](https://spy.example/fox.png)!");
  expect(shown).not.toMatch(/<img|srcset|src=/);
  expect(shown.replace(/<svg.*<\/svg>/, "")).toBe(
    '<p>See <span class="picture"> a red fox (<a href="https://spy.example/fox.png" target="_blank"' +
      ' rel="noopener noreferrer">spy.example/fox.png</a>)</span>!</p>',
  );
  expect(html("![](javascript:alert(1))")).toMatch(/> Picture<\/span>/);
});

test("a picture in a link is part of the link", () => {
  const shown = html("[![fox](https://spy.example/fox.png)](https://a.example/)");
  expect(shown.match(/<a /g)).toHaveLength(1);
  expect(shown).toContain('href="https://a.example/"');
});

test("a link opens elsewhere and tells nothing of where it was followed", () => {
  expect(html("[site](https://a.example/x?y=1)")).toBe(
    '<p><a href="https://a.example/x?y=1" target="_blank" rel="noopener noreferrer">site</a></p>',
  );
});

test("an address of mail is shown, and starts no mail program", () => {
  expect(html("<me@a.example>")).toBe("<p>me@a.example</p>");
  expect(html("[write](mailto:me@a.example)")).toBe("<p>write (me@a.example)</p>");
});

test.each([
  "tel:+123",
  "sms:+123",
  "vscode://file/x",
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "data:text/html,x",
  "vbscript:x",
  "blob:https://a.example/1",
  "//a.example",
  "#/c/1",
  "x",
])("a link to %s is only its text", (url) => {
  expect(html(`[click](${url})`)).toBe("<p>click</p>");
});

test("raw HTML is shown, not run", () => {
  const shown = html("<script>alert(1)</script>\n\nHi <img src=x onerror=alert(1)> <b>you</b>");
  expect(shown).not.toMatch(/<(script|img|b)\b/);
  expect(shown).toContain("&lt;script&gt;");
});

test("tables, task lists, footnotes and code of GitHub's dialect are understood", () => {
  expect(html("|a|b|\n|-|-|\n|1|2|")).toContain("<td>1</td>");
  expect(html("- [x] it\n- [ ] that")).toMatch(/aria-label="Done"[^]*aria-label="To do"/);
  expect(html("```js\nlet a;\n```")).toContain("<code>let a;\n</code>");
  expect(html("```js\nlet a;\n```")).toContain("<span>js</span>");
  const noted = html("So[^1].\n\n[^1]: It is.");
  expect(noted).toContain("It is.");
  expect(noted).not.toMatch(/href|↩/);
});

test("emphasis next to the punctuation of Chinese is emphasis", () => {
  expect(html("**“引号”**后")).toBe("<p><strong>“引号”</strong>后</p>");
});

test("formulas are formulas, prices are prices", () => {
  expect(html("\\(a_b\\)")).toContain('<span class="math" dir="ltr">a_b</span>');
  expect(html("\\[a_b\\]")).toContain('<span class="math displayed" dir="ltr">a_b</span>');
  expect(html("**$148 → $19**, $5 and $10")).not.toContain("math");
});

test("what is not whole yet is shown as what it is about to be", () => {
  const growing = (text: string) => renderToStaticMarkup(<Markdown text={text} isGrowing />);
  expect(growing("so **bo")).toBe("<p>so <strong>bo</strong></p>");
  expect(growing("a [link](https://a.exam")).toBe("<p>a link</p>");
  expect(growing("```js\nlet a")).toContain("<code>let a\n</code>");
});

test("half a construct, as it streams, is text until it is whole", () => {
  for (const text of ["**bo", "[li", "[link](htt", "```js\nle", "| a |\n|-", "<scr"])
    expect(() => html(text)).not.toThrow();
});
