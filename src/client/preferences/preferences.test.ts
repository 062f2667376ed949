import { expect, test } from "vitest";
import { blockLocalStorage, stubLocalStorage } from "../models/testing-local-storage.ts";
import { Preferences } from "./preferences.ts";

test("what is chosen holds in later visits, and what is always so is not kept", () => {
  const items = stubLocalStorage();
  const { theme } = new Preferences();
  expect(theme.getSnapshot()).toBe("system");
  theme.choose("dark");
  expect(new Preferences().theme.getSnapshot()).toBe("dark");
  theme.choose("system");
  expect(items.size).toBe(0);
});

test("what was kept is not believed where it is nothing that can be chosen", () => {
  stubLocalStorage(
    new Map([
      ["rekindle.theme", "javascript:"],
      ["rekindle.text-size", ""],
      ["rekindle.enter-key", "explodes"],
      ["rekindle.language", "x".repeat(10_000)],
    ]),
  );
  const { theme, textSize, enterKey, language } = new Preferences();
  expect([theme, textSize, enterKey, language].map((one) => one.getSnapshot())).toEqual([
    "system",
    "normal",
    "auto",
    "",
  ]);
});

test("what another tab has chosen is taken over, and told", () => {
  const items = stubLocalStorage();
  const { language } = new Preferences();
  let told = 0;
  language.subscribe(() => told++);
  language.reread();
  items.set("rekindle.language", "ar");
  language.reread();
  expect(language.getSnapshot()).toBe("ar");
  expect(told).toBe(1);
});

test("where storage is blocked the choice holds for this visit", () => {
  blockLocalStorage();
  const { textSize } = new Preferences();
  textSize.choose("large");
  expect(textSize.getSnapshot()).toBe("large");
});
