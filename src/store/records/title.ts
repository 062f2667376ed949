const TITLE_GRAPHEMES = 60;
/** Of a text, enough for a title: it is one line, and a message may be many megabytes. */
const LOOKED_AT = 10_000;

/** One line of `text`, cut after a word where there is one, else after a whole grapheme. */
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
