import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ENTRY = /^msgid (?<id>"[^]*?")\nmsgstr (?<text>"[^]*?")$/m;

/** A string of a catalogue, which may go on over several lines. */
const unquoted = (lines: string): string => JSON.parse(lines.replaceAll('"\n"', "")) as string;

/** What is to be said, and how it is said in a language. */
function entriesOf(language: string): { id: string; text: string }[] {
  const catalogue = readFileSync(new URL(`${language}.po`, import.meta.url), "utf8");
  // The first entry is the catalogue's own.
  const [, ...entries] = catalogue.trim().split("\n\n");
  return entries.map((entry) => {
    const { id = '""', text = '""' } = ENTRY.exec(entry)?.groups ?? {};
    return { id: unquoted(id), text: unquoted(text) };
  });
}

/** The names of all values in a sentence, each once. */
const valuesIn = (sentence: string): string[] => [
  ...new Set([...sentence.matchAll(/\{(\w+)[,}]/g)].map(([, name = ""]) => name)),
];

/** The plurals in a sentence, each with the names of its cases. */
const pluralsIn = (sentence: string): string[][] =>
  [...sentence.matchAll(/\{\w+, plural,(?<cases>(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}/g)].map(
    ({ groups }) =>
      [...(groups?.["cases"] ?? "").matchAll(/(\w+) \{(?:[^{}]|\{[^{}]*\})*\}/g)].map(
        ([, name = ""]) => name,
      ),
  );

test.each(["en", "de", "ar"])("each plural has all cases that there are in %s", (language) => {
  const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
  const sentences = entriesOf(language).filter(({ id }) => id.includes(", plural,"));
  expect(sentences.length).toBeGreaterThan(10);
  for (const { id, text } of sentences) {
    expect(pluralsIn(text), id).not.toEqual([]);
    for (const cases of pluralsIn(text))
      expect(cases, id).toEqual(expect.arrayContaining(pluralCategories));
  }
});

test.each(["de", "ar"])("every sentence is there in %s, with all its values", (language) => {
  const entries = entriesOf(language);
  expect(entries.length).toBe(entriesOf("en").length);
  expect(entries.filter(({ text }) => text === "").map(({ id }) => id)).toEqual([]);
  for (const { id, text } of entries)
    expect(valuesIn(text).toSorted(), id).toEqual(valuesIn(id).toSorted());
});
