import { HTML } from "./html.ts";
import { IMPORTS } from "./imports.ts";
import { MARKDOWN } from "./markdown.ts";
import { FILE_NAMES, TITLES } from "./names.ts";
import { SPECIAL_TOKENS } from "./special-tokens.ts";
import { URLS } from "./urls.ts";

/** All hostile inputs by category. Whatever is text is put wherever the page shows text, whichever its category. */
export const CORPUS = {
  html: HTML,
  markdown: MARKDOWN,
  urls: URLS,
  specialTokens: SPECIAL_TOKENS,
  titles: TITLES,
  fileNames: FILE_NAMES,
  imports: IMPORTS,
} as const;

/** Every address in a link, in each of the forms that Markdown has for one. */
const linked = (url: string): string =>
  `[click](${url}) [click](<${url}>) <${url}> ${url} ![x](${url})`;

/** The inputs that can be part of a message. */
export const TEXTS: readonly string[] = [
  ...HTML,
  ...MARKDOWN,
  ...URLS.map(linked),
  ...SPECIAL_TOKENS,
  ...TITLES,
  ...FILE_NAMES,
];
