import { readdirSync } from "node:fs";
import { defineConfig } from "@lingui/cli";

/** Every catalogue is a language, under its tag after BCP 47: a new one is a new file. */
const locales = readdirSync(new URL("src/ui/locales", import.meta.url))
  .filter((name) => name.endsWith(".po"))
  .map((name) => name.replace(/\.po$/, ""));

/**
 * Where the page's sentences come from, and the catalogues that they are collected in. `en-XA` is a pseudo-language: English
 * with accents, in which one sees what is not in the catalogue. Nobody translates it.
 */
export default defineConfig({
  sourceLocale: "en",
  locales,
  pseudoLocale: "en-XA",
  catalogs: [
    {
      path: "<rootDir>/src/ui/locales/{locale}",
      include: ["<rootDir>/src/ui"],
      exclude: ["**/*.test.*", "**/locales/**"],
    },
  ],
  format: "po",
  // With line numbers, catalogues would change with every line of code.
  formatOptions: { lineNumbers: false },
});
