const TITLE_GRAPHEMES = 60;

/** UTF-16 units of a text that are looked at for its title. A message may have many megabytes. */
const LOOKED_AT = 10_000;

/**
 * The beginning of `text` as one line. A longer text is cut after a word, or after a whole grapheme if its first
 * word is too long.
 */
export function titleFrom(text: string): string {
  const begun = text.trimStart().slice(0, LOOKED_AT);
  const line = begun.replace(/\s+/g, " ").trim();
  const head = firstGraphemes(line, TITLE_GRAPHEMES);
  if (head === line) return line;
  const wordEnd = line[head.length] === " " ? head.length : head.lastIndexOf(" ");
  return `${wordEnd > 0 ? head.slice(0, wordEnd) : head}…`;
}

function firstGraphemes(text: string, count: number): string {
  let end = 0;
  for (const { index, segment } of new Intl.Segmenter().segment(text)) {
    if (count-- === 0) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}
