import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { stubLocalStorage } from "../../client/models/testing-local-storage.ts";
import { Preferences, TEXT_SIZES, THEMES } from "../../client/preferences/preferences.ts";
import { applyAppearance } from "./appearance.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const page = () => parseHTML(read("index.html")).document;
const attributes = ({ documentElement: root }: Document) =>
  ["data-theme", "data-text-size"].map((name) => root.getAttribute(name));

test("before the page is drawn it looks as it does later", () => {
  const items = stubLocalStorage();
  const preferences = new Preferences();
  for (const theme of THEMES)
    for (const textSize of TEXT_SIZES) {
      preferences.theme.choose(theme);
      preferences.textSize.choose(textSize);
      const [early, later] = [page(), page()];
      const localStorage = { getItem: (key: string) => items.get(key) ?? null };
      runInNewContext(read("public/appearance.js"), { document: early, localStorage });
      applyAppearance(later, { theme, textSize });
      expect(attributes(early)).toEqual(attributes(later));
    }
});

test("the browser's frame has the colours of the style sheet, and those of the chosen theme", () => {
  const tokens = read("src/ui/styles/tokens.css");
  const [, light, dark] = /--surface-side: light-dark\((#\w+), (#\w+)\)/.exec(tokens) ?? [];
  const document = page();
  const frames = () =>
    [...document.querySelectorAll("meta[name=theme-color]")].map((m) => m.getAttribute("content"));
  expect(frames()).toEqual([light, dark]);
  applyAppearance(document, { theme: "dark", textSize: "normal" });
  expect(frames()).toEqual([dark, dark]);
  applyAppearance(document, { theme: "system", textSize: "normal" });
  expect(frames()).toEqual([light, dark]);
});
