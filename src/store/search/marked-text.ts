import type { MarkedText } from "../../protocol/store-api.ts";
import { indexTerms } from "./search-terms.ts";

/** UTF-16 units of a snippet, and of them before its first match. */
const SNIPPET = { length: 160, before: 40 };

interface Span {
  start: number;
  end: number;
}

/** The whole text on one line, with the places marked where it has one of the terms. */
export const marked = (text: string, terms: ReadonlySet<string>): MarkedText[] =>
  pieces(text, { start: 0, end: text.length }, matchesIn(text, terms));

/** What is around the first match in a text, on one line. Empty where no term is in it. */
export function snippet(text: string, terms: ReadonlySet<string>): MarkedText[] {
  const matches = matchesIn(text, terms);
  const first = matches[0];
  if (!first) return [];
  const from = Math.max(0, first.start - SNIPPET.before);
  const to = Math.min(text.length, from + SNIPPET.length);
  const start = from === 0 ? 0 : wordAfter(text, from, first.start);
  const end = to === text.length ? to : wordBefore(text, to, first.end);
  const shown = pieces(text, { start, end }, matches);
  return [
    ...(start > 0 ? [{ text: "… ", isMatch: false }] : []),
    ...shown,
    ...(end < text.length ? [{ text: " …", isMatch: false }] : []),
  ];
}

/** Where the terms stand. Places that touch or overlap, as pairs of characters do, are one. */
function matchesIn(text: string, terms: ReadonlySet<string>): Span[] {
  const spans: Span[] = [];
  for (const { term, start, end } of indexTerms(text)) {
    if (!terms.has(term)) continue;
    const last = spans.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else spans.push({ start, end });
  }
  return spans;
}

function pieces(text: string, { start, end }: Span, matches: readonly Span[]): MarkedText[] {
  const found: MarkedText[] = [];
  const add = (from: number, to: number, isMatch: boolean) => {
    if (from < to) found.push({ text: text.slice(from, to).replace(/\s+/g, " "), isMatch });
  };
  let at = start;
  for (const match of matches) {
    if (match.start >= end) break;
    if (match.start < at) continue;
    add(at, match.start, false);
    add(match.start, Math.min(match.end, end), true);
    at = Math.min(match.end, end);
  }
  add(at, end, false);
  return found;
}

/** The first beginning of a word after `from`; `from` itself where the script has no spaces. Never half of a pair. */
function wordAfter(text: string, from: number, limit: number): number {
  const space = text.slice(from, limit).search(/\s/);
  return space < 0 ? wholeAt(text, from) : from + space + 1;
}

function wordBefore(text: string, to: number, limit: number): number {
  const cut = text.slice(limit, to).search(/\s\S*$/);
  return cut < 0 ? wholeAt(text, to) : limit + cut;
}

/** Where the text can be cut without halving a surrogate pair. */
const wholeAt = (text: string, at: number): number =>
  /[\udc00-\udfff]/.test(text[at] ?? "") ? at - 1 : at;
