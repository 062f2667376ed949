import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { Markdown } from "./Markdown.tsx";

const html = (text: string) => renderToStaticMarkup(<Markdown text={text} />);

test("an image becomes its alternative text", () => {
  expect(html("See ![a red fox](https://spy.example/fox.png)!")).toBe("<p>See a red fox!</p>");
});

test("a link opens elsewhere and tells nothing of where it was followed", () => {
  expect(html("[site](https://a.example/x?y=1)")).toBe(
    '<p><a href="https://a.example/x?y=1" target="_blank" rel="noopener noreferrer">site</a></p>',
  );
  expect(html("<me@a.example>")).toContain('href="mailto:me@a.example"');
});

test.each([
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

test("tables, task lists and code of GitHub's dialect are understood", () => {
  expect(html("|a|b|\n|-|-|\n|1|2|")).toContain("<td>1</td>");
  expect(html("- [x] done")).toContain('type="checkbox"');
  expect(html("```js\nlet a;\n```")).toContain('<code class="language-js">let a;\n</code>');
});

test("half a construct, as it streams, is text until it is whole", () => {
  for (const text of ["**bo", "[li", "[link](htt", "```js\nle", "| a |\n|-", "<scr"])
    expect(() => html(text)).not.toThrow();
});
