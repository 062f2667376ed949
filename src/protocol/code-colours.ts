/** @file How the page has code coloured by the worker that does it. */

/** A piece of a line, of one kind. */
export interface CodeToken {
  text: string;
  /** What it is: "keyword", "string-expression"; undefined for the rest. */
  kind: string | undefined;
}

export type CodeLine = readonly CodeToken[];

/** To the worker. A block of code is known by a number of the page's. */
export type ColourRequest =
  /** What the block is by now: whole lines, each with its line break. */
  | { block: number; language: string; code: string }
  /** The block is gone. */
  | { block: number; isGone: true };

/** Lines that have got their colours. */
export interface ColouredLines {
  /** How many lines before them keep theirs. */
  before: number;
  lines: readonly CodeLine[];
  /** The code down to the last of them. */
  code: string;
}

/** From the worker. */
export interface ColourReply extends ColouredLines {
  block: number;
}
