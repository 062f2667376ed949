import { defineConfig } from "@lingui/cli";

/**
 * Where the page's sentences come from, and the catalogues that they are collected in. `en-XA` is a pseudo-language: English
 * with accents, in which one sees what is not in the catalogue. Nobody translates it.
 */
export default defineConfig({
  sourceLocale: "en",
  locales: ["en", "en-XA"],
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
