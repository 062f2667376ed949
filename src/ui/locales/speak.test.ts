import { i18n } from "@lingui/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ENGLISH, type Language } from "./languages.ts";
import { languageFor, speak } from "./speak.ts";

const languageOf = (tag: string, direction: Language["direction"] = "ltr"): Language => ({
  tag,
  direction,
  load: () => Promise.resolve({ messages: { greeting: `Hello in ${tag}` } }),
});
const LANGUAGES = [ENGLISH, languageOf("de"), languageOf("pt-BR"), languageOf("ar", "rtl")];

const root = { lang: "", dir: "" };
beforeEach(() => void vi.stubGlobal("document", { documentElement: root }));
// Other tests read English.
afterEach(() => speak([]));

test.each([
  [["de-AT", "en"], "de"],
  [["PT-br"], "pt-BR"],
  [["pt"], "en"],
  [["zh-Hant-TW", "ar-EG", "de"], "ar"],
  [["en-GB", "de"], "en"],
  [["", "-", "tlh"], "en"],
  [[], "en"],
])("%j is answered in %s", (wanted, tag) => {
  expect(languageFor(wanted, LANGUAGES).tag).toBe(tag);
});

test("the document says the language and its direction", async () => {
  await speak(["ar"], LANGUAGES);
  expect(root).toEqual({ lang: "ar", dir: "rtl" });
  expect(i18n.t("greeting")).toBe("Hello in ar");
});

test("where a catalogue cannot be fetched the page speaks English", async () => {
  const lost = { ...languageOf("fr"), load: () => Promise.reject(new TypeError("offline")) };
  await expect(speak(["fr"], [ENGLISH, lost])).rejects.toThrow("offline");
  expect(root).toEqual({ lang: "en", dir: "ltr" });
  expect(i18n.locale).toBe("en");
});
