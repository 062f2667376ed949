/** @file The terms of a text, by which it is found: words, and pairs of characters in scripts without spaces. */

/** A term, and where in the text it stands: `[start, end)` in UTF-16 units. */
export interface Term {
  term: string;
  start: number;
  end: number;
}

const WORD = /[\p{L}\p{N}\p{M}]+/gu;

/** Scripts that put no spaces between words, or that join words and particles without one. */
const UNSPACED =
  "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー";
const RUN = new RegExp(`[${UNSPACED}]+|[^${UNSPACED}]+`, "gu");
const IS_UNSPACED = new RegExp(`^[${UNSPACED}]`, "u");

/**
 * The terms by which a text is found. A word is one. Of a run of Chinese, say, each pair of neighbours is one, and the
 * last character, so that each character begins one.
 */
export function* indexTerms(text: string): Generator<Term> {
  for (const run of runsOf(text)) {
    if (!IS_UNSPACED.test(run.term)) yield { ...run, term: folded(run.term) };
    else yield* pairsOf(run, true);
  }
}

/** The terms that a query asks for: as `indexTerms`, but a run of several characters is asked for by its pairs alone. */
export function queryTerms(query: string): string[] {
  return [...runsOf(query)].flatMap((run) =>
    IS_UNSPACED.test(run.term)
      ? [...pairsOf(run, false)].map(({ term }) => term)
      : [folded(run.term)],
  );
}

/** Whether a term is a pair of characters. Such a term is no beginning of a longer one, and none is like another. */
export const isPair = (term: string): boolean =>
  IS_UNSPACED.test(term) && Array.from(term).length > 1;

function* runsOf(text: string): Generator<Term> {
  for (const { 0: word, index } of text.matchAll(WORD))
    for (const { 0: term, index: within } of word.matchAll(RUN))
      yield { term, start: index + within, end: index + within + term.length };
}

function* pairsOf({ term: run, start }: Term, withLast: boolean): Generator<Term> {
  const characters = Array.from(run);
  let at = start;
  for (const [index, character] of characters.entries()) {
    const next = characters[index + 1] ?? "";
    const pair = character + next;
    if (next !== "" || withLast || characters.length === 1)
      yield { term: folded(pair), start: at, end: at + pair.length };
    at += character.length;
  }
}

const ASCII = /^[\0-\x7f]*$/;

/** Marks above and below letters: of Latin, Greek and Cyrillic, of Hebrew and of Arabic, with the latter's line filler. */
const MARKS = /[\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670]/g;

/** Letters that people write for one another and that Unicode does not take apart. */
const ALIKE: ReadonlyMap<string, string> = new Map([
  ["ß", "ss"],
  ["æ", "ae"],
  ["œ", "oe"],
  ["ø", "o"],
  ["ł", "l"],
  ["đ", "d"],
  ["ı", "i"],
  ["ى", "ي"],
  ["ی", "ي"],
  ["ة", "ه"],
  ["ک", "ك"],
]);
const LETTERS_ALIKE = new RegExp(`[${[...ALIKE.keys()].join("")}]`, "g");

/** The Arabic article, also after a particle of one letter, before a word of at least three letters. */
const ARABIC_ARTICLE = /^[وفبك]?ال(?=[\u0621-\u064a]{3})/;

/** A word in the form in which it is compared: small letters, without diacritics. */
function folded(word: string): string {
  if (ASCII.test(word)) return word.toLowerCase();
  const plain = word.normalize("NFKC").toLowerCase().normalize("NFD").replace(MARKS, "");
  return plain
    .normalize("NFC")
    .replace(LETTERS_ALIKE, (letter) => ALIKE.get(letter) ?? letter)
    .replace(ARABIC_ARTICLE, "");
}
