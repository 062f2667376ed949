/** @file What bases are fitted to: chats that are given, and the project's own documents and code. None of it is judged. */

import type { CacheProbe } from "../cache-probe.ts";
import type { CalibrationTexts } from "./evaluated-bases.ts";
import { parseChats } from "./evaluation-texts.ts";

/** A text is read up to this length. */
const MOST_TOKENS = 768;
/** More characters than that many tokens have, of documents and code. Longer ones are read in pieces. */
const PIECE_CHARACTERS = 3000;

const DOCUMENTS: Readonly<Record<string, string>> = import.meta.glob("/{docs/*,README}.md", {
  query: "?raw",
  import: "default",
  eager: true,
});
const CODE: Readonly<Record<string, string>> = import.meta.glob(
  [
    "/src/{engine,kv}/**/[a-d]*.ts",
    "/shaders/forward/*.wgsl",
    "/src/ui/**/*.css",
    "/scripts/*.mjs",
  ],
  { query: "?raw", import: "default", eager: true },
);

/** @param chats lines of JSON */
export function calibrationTexts(
  probe: Pick<CacheProbe, "tokensOf">,
  chats: string,
): CalibrationTexts {
  const written = (texts: readonly string[]) =>
    inPieces(texts).map((text) => probe.tokensOf([{ role: "user", text }]).slice(0, MOST_TOKENS));
  return {
    chats: parseChats(chats).map(({ messages }) => probe.tokensOf(messages).slice(0, MOST_TOKENS)),
    documents: written(Object.values(DOCUMENTS)),
    // Every fourth file, so that they are of many folders and languages.
    code: written(Object.values(CODE).filter((_, i) => i % 4 === 0)),
  };
}

/** The first piece of each text, then the second of each that has one, and so on. */
function inPieces(texts: readonly string[]): string[] {
  const most = Math.max(...texts.map(({ length }) => Math.ceil(length / PIECE_CHARACTERS)));
  return Array.from({ length: Math.max(0, most) }, (_, piece) =>
    texts.flatMap((text) => {
      const own = text.slice(piece * PIECE_CHARACTERS, (piece + 1) * PIECE_CHARACTERS);
      return own === "" ? [] : [own];
    }),
  ).flat();
}
