const TITLE_GRAPHEMES = 60;

/** One line of `text`, cut after a word where there is one, else after a whole grapheme. */
export function titleFrom(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
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
