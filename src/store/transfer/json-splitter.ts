/** What bounds one value. */
export interface ValueLimits {
  /** UTF-16 units. */
  length: number;
  /** Lists and objects within one another, the value itself included. */
  depth: number;
}

/** A value that is longer or deeper than it may be, in place of its text. */
export const BEYOND_LIMITS = Symbol("beyond limits");

/** The text of one list or object, which was not parsed yet. */
export type SplitValue = string | typeof BEYOND_LIMITS;

/** The text ends in the middle of a value, or closes what was not opened: its parts cannot be told apart. */
export class DamagedJson extends Error {}

/** Letters of what stands before the values that are kept. */
const MAX_LEAD = 4096;

/**
 * Cuts a JSON text that comes in pieces into the lists and objects at one level of it, without holding more than one of
 * them: a file of hundreds of megabytes is read so, conversation by conversation. Numbers and words at that level, which
 * are no conversations, are left out.
 *
 * The level is the number of lists and objects around the values: 0 for values that stand one after another, as in JSONL,
 * 1 for the elements of one list, and 2 for those of a list in an object.
 */
export class JsonSplitter {
  readonly #level: number;
  readonly #limits: ValueLimits;
  #depth = 0;
  #isInString = false;
  /** The last piece has ended behind a backslash. */
  #isEscaped = false;
  #pieces: string[] = [];
  #length = 0;
  #isBeyond = false;
  #lead: string | undefined = "";
  #knownLead = "";

  constructor(level: number, limits: ValueLimits) {
    this.#level = level;
    this.#limits = limits;
  }

  /** What stands before the first value, as far as it is short. */
  get lead(): string {
    return this.#knownLead;
  }

  /**
   * @returns the values that are whole now
   * @throws DamagedJson if a list or object ends that was not begun
   */
  push(text: string): SplitValue[] {
    const values: SplitValue[] = [];
    /** Where the part of the present value begins that is in this piece. */
    let start = 0;
    for (let at = this.#nextMark(text, 0); at < text.length; at = this.#nextMark(text, at + 1)) {
      if (this.#toggleString(text, at)) continue;
      if (isOpening(text, at)) {
        if (this.#depth === this.#level) start = at;
        this.#open(text, at);
      } else if (this.#close()) {
        this.#keep(text.slice(start, at + 1));
        values.push(this.#take());
      }
    }
    if (this.#depth > this.#level) this.#keep(text.slice(start));
    else if (this.#lead !== undefined) this.#lead = (this.#lead + text).slice(0, MAX_LEAD);
    return values;
  }

  /** @throws DamagedJson if the text ends in the middle of a value */
  end(): void {
    if (this.#depth > 0 || this.#isInString) throw new DamagedJson();
  }

  /** Where the next quote or bracket is that counts; the text's length if there is none. */
  #nextMark(text: string, from: number): number {
    if (!this.#isInString) {
      BRACKET_OR_QUOTE.lastIndex = from;
      return BRACKET_OR_QUOTE.exec(text)?.index ?? text.length;
    }
    let at = from;
    if (this.#isEscaped && text.length > 0) at++;
    this.#isEscaped = false;
    for (;;) {
      QUOTE_OR_BACKSLASH.lastIndex = at;
      const found = QUOTE_OR_BACKSLASH.exec(text);
      if (!found) return text.length;
      if (found[0] === '"') return found.index;
      at = found.index + 2;
      if (at > text.length) {
        this.#isEscaped = true;
        return text.length;
      }
    }
  }

  #toggleString(text: string, at: number): boolean {
    if (text[at] !== '"') return false;
    this.#isInString = !this.#isInString;
    return true;
  }

  #open(text: string, at: number): void {
    this.#depth++;
    if (this.#depth - this.#level > this.#limits.depth) this.#isBeyond = true;
    if (this.#depth !== this.#level || this.#lead === undefined) return;
    this.#knownLead = (this.#lead + text.slice(0, at)).slice(0, MAX_LEAD);
    this.#lead = undefined;
  }

  /** @returns whether a value has ended */
  #close(): boolean {
    this.#depth--;
    if (this.#depth < 0) throw new DamagedJson();
    return this.#depth === this.#level;
  }

  #keep(piece: string): void {
    this.#length += piece.length;
    if (this.#length > this.#limits.length) this.#isBeyond = true;
    if (this.#isBeyond) this.#pieces = [];
    else this.#pieces.push(piece);
  }

  #take(): SplitValue {
    const value = this.#isBeyond ? BEYOND_LIMITS : this.#pieces.join("");
    this.#pieces = [];
    this.#length = 0;
    this.#isBeyond = false;
    return value;
  }
}

const BRACKET_OR_QUOTE = /["[\]{}]/g;
const QUOTE_OR_BACKSLASH = /["\\]/g;

const isOpening = (text: string, at: number): boolean => text[at] === "[" || text[at] === "{";
