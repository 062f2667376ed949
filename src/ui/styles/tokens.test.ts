import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const SHEET = readFileSync(new URL("tokens.css", import.meta.url), "utf8");
const THEMES = ["light", "dark"] as const;

/** The colour of a token in one theme, as red, green and blue from 0 to 1. */
function colour(name: string, theme: (typeof THEMES)[number]): number[] {
  const pair = new RegExp(`--${name}: light-dark\\(#(\\w{6}), #(\\w{6})\\)`).exec(SHEET);
  const hex = pair?.[theme === "light" ? 1 : 2];
  if (hex === undefined) throw new Error(`tokens.css has no colour --${name}`);
  return [0, 2, 4].map((start) => parseInt(hex.slice(start, start + 2), 16) / 255);
}

/** The relative luminance of WCAG 2.2. */
function luminance(channels: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = channels.map((channel) =>
    channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast ratio of WCAG 2.2. */
function contrast(one: string, other: string, theme: (typeof THEMES)[number]): number {
  const [dark = 0, light = 0] = [one, other]
    .map((name) => luminance(colour(name, theme)))
    .toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const SURFACES = ["surface", "surface-side", "surface-raised"];
const SOFT = ["accent-soft", "danger-soft", "good-soft", "hover"];
const CODE = ["code-keyword", "code-string", "code-function", "code-constant"];

/** Every text with everything that it may stand on. */
const TEXTS = [
  ...[...SURFACES, ...SOFT].map((ground) => ["text", ground]),
  ...[...SURFACES, "accent-soft", "hover"].map((ground) => ["text-quiet", ground]),
  ...[...SURFACES, "accent-soft"].map((ground) => ["accent", ground]),
  ...[...SURFACES, "danger-soft"].map((ground) => ["danger", ground]),
  ...["surface-raised", "good-soft"].map((ground) => ["good", ground]),
  ...[...CODE, "danger"].map((kind) => [kind, "surface-side"]),
  ["on-accent", "accent"],
  ["on-danger", "danger"],
] as const;

test.each(THEMES)("text can be read in the %s theme", (theme) => {
  for (const [text = "", ground = ""] of TEXTS)
    expect
      .soft(contrast(text, ground, theme), `--${text} on --${ground}`)
      .toBeGreaterThanOrEqual(4.5);
});

test.each(THEMES)("fields and focus can be seen in the %s theme", (theme) => {
  for (const line of ["field-line", "accent"])
    for (const ground of SURFACES)
      expect
        .soft(contrast(line, ground, theme), `--${line} on --${ground}`)
        .toBeGreaterThanOrEqual(3);
});

/** The values of the tokens whose names begin so, by value. */
const tokensOf = (beginning: string): Set<string> =>
  new Set(
    [...SHEET.matchAll(new RegExp(`--${beginning}[\\w-]*: ([\\d.]+rem);`, "g"))].map(
      ([, v = ""]) => v,
    ),
  );

test.each([
  ["text-", "font-size"],
  ["space-", "gap|padding[a-z-]*|margin[a-z-]*"],
  ["radius", "border-radius"],
])(
  "where there is a token --%s with that value, no sheet has it plain",
  (beginning, properties) => {
    const tokens = tokensOf(beginning);
    expect(tokens.size).toBeGreaterThan(2);
    const folder = new URL(".", import.meta.url);
    const sheets = readdirSync(folder).filter(
      (name) => name.endsWith(".css") && name !== "tokens.css",
    );
    for (const sheet of sheets) {
      const declared = readFileSync(new URL(sheet, folder), "utf8").matchAll(
        new RegExp(`^\\s+(?:${properties}): (.*);$`, "gm"),
      );
      for (const [line, value = ""] of declared)
        for (const [size] of value.matchAll(/(?<![\w.-])[\d.]+rem/g))
          expect.soft(tokens.has(size), `${sheet}: ${line.trim()}`).toBe(false);
    }
  },
);
