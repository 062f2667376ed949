/** @file What bases are fitted to: chats that are given, and the project's own documents and code. None of it is judged. */

import type { CacheProbe } from "../cache-probe.ts";
import type { CalibrationTexts } from "./evaluated-bases.ts";
import { parseChats } from "./evaluation-texts.ts";

/** A text is read up to this length. */
const MOST_TOKENS = 1024;
/** More characters than that many tokens have. */
const MOST_CHARACTERS = 6000;

const DOCUMENTS: Readonly<Record<string, string>> = import.meta.glob("/{docs/*,README}.md", {
  query: "?raw",
  import: "default",
  eager: true,
});
const CODE: Readonly<Record<string, string>> = import.meta.glob("/src/{engine,kv}/**/[a-d]*.ts", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** @param chats lines of JSON */
export function calibrationTexts(
  probe: Pick<CacheProbe, "tokensOf">,
  chats: string,
): CalibrationTexts {
  const written = (texts: readonly string[]) =>
    texts.map((text) =>
      probe
        .tokensOf([{ role: "user", text: text.slice(0, MOST_CHARACTERS) }])
        .slice(0, MOST_TOKENS),
    );
  return {
    chats: parseChats(chats).map(({ messages }) => probe.tokensOf(messages).slice(0, MOST_TOKENS)),
    documents: written(Object.values(DOCUMENTS)),
    // Every seventh file, so that they are of many folders.
    code: written(Object.values(CODE).filter((_, i) => i % 7 === 0)),
  };
}
