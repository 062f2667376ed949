/** @file A reply as it grows: its reasoning apart from its text, and its text up to a stop string. */

const OPEN = "<think>";
const CLOSE = "</think>";

/** A piece by which a reply has grown. Both parts are empty while nothing is certain. */
export interface TextPiece {
  reasoning: string;
  text: string;
}

const NOTHING: TextPiece = { reasoning: "", text: "" };

interface ReplyTerms {
  /** The text ends before any of these. */
  stops: readonly string[];
  /** Whether the template has written the first mark itself. */
  beginsInReasoning: boolean;
}

/**
 * Divides a reply that arrives as text.
 *
 * RT1 Reasoning is only at the beginning: after white space at most, from the first mark to the second one, or to the
 *     end of a reply that has no second one. Marks that come later are text.
 * RT2 White space around the reasoning is part of neither, and neither are the marks. Without a reasoning, all that the
 *     model wrote is text.
 * RT3 The text ends before the first stop string in it. The reasoning may contain them.
 * RT4 What may yet become a mark or a stop string is held back until that is certain.
 */
export class ReplyText {
  reasoning = "";
  text = "";
  /** Whether a stop string has ended the text. Nothing counts that comes after it. */
  isStopped = false;
  #state: "undecided" | "reasoning" | "between" | "text";
  #held = "";
  readonly #stops: readonly string[];

  constructor({ stops, beginsInReasoning }: ReplyTerms) {
    this.#stops = stops.filter((stop) => stop !== "");
    this.#state = beginsInReasoning ? "reasoning" : "undecided";
  }

  /** Whether the model wrote nothing but the text, so that the text alone is what it has in view. */
  get isWhole(): boolean {
    return this.#state === "text" && this.reasoning === "" && !this.isStopped;
  }

  push(piece: string): TextPiece {
    if (this.isStopped) return NOTHING;
    this.#held += piece;
    return this.#grown(this.#take(false));
  }

  /** What was held back, when no more comes. */
  flush(): TextPiece {
    if (this.isStopped) return NOTHING;
    return this.#grown(this.#take(true));
  }

  #grown({ reasoning, text }: TextPiece): TextPiece {
    this.reasoning += reasoning;
    this.text += text;
    return { reasoning, text };
  }

  #take(isEnd: boolean): TextPiece {
    switch (this.#state) {
      case "undecided":
        return this.#decide(isEnd);
      case "reasoning":
        return this.#reason(isEnd);
      case "between":
        return this.#skip(isEnd);
      case "text":
        return { reasoning: "", text: this.#tell(isEnd) };
    }
  }

  /** RT1: waits until it is certain whether the reply begins with the first mark. */
  #decide(isEnd: boolean): TextPiece {
    const begun = this.#held.trimStart();
    if (begun.startsWith(OPEN)) {
      this.#held = begun.slice(OPEN.length);
      this.#state = "reasoning";
      return this.#reason(isEnd);
    }
    if (OPEN.startsWith(begun) && !isEnd) return NOTHING;
    this.#state = "text";
    return { reasoning: "", text: this.#tell(isEnd) };
  }

  #reason(isEnd: boolean): TextPiece {
    const end = this.#held.indexOf(CLOSE);
    if (end < 0) return { reasoning: this.#think(isEnd), text: "" };
    const rest = this.#held.slice(end + CLOSE.length);
    this.#held = this.#held.slice(0, end);
    const reasoning = this.#think(true);
    this.#held = rest;
    this.#state = "between";
    return { reasoning, text: this.#skip(isEnd).text };
  }

  /** RT2 and RT4: more of the reasoning, without the white space and the letters of a mark at its end. */
  #think(isEnd: boolean): string {
    const from = this.reasoning === "" ? this.#held.trimStart() : this.#held;
    const most = isEnd ? from.length : from.length - overlap(from, CLOSE);
    const shown = from.slice(0, most).trimEnd();
    this.#held = isEnd ? "" : from.slice(shown.length);
    return shown;
  }

  #skip(isEnd: boolean): TextPiece {
    this.#held = this.#held.trimStart();
    if (this.#held === "") return NOTHING;
    this.#state = "text";
    return { reasoning: "", text: this.#tell(isEnd) };
  }

  /** RT3 and RT4: more of the text. */
  #tell(isEnd: boolean): string {
    const held = this.#held;
    const ends = this.#stops.map((stop) => held.indexOf(stop)).filter((at) => at >= 0);
    if (ends.length > 0) {
      this.isStopped = true;
      return held.slice(0, Math.min(...ends));
    }
    const kept = isEnd ? 0 : Math.max(0, ...this.#stops.map((stop) => overlap(held, stop)));
    this.#held = held.slice(held.length - kept);
    return held.slice(0, held.length - kept);
  }
}

/** The length of the longest end of `text` with which `mark` begins. */
function overlap(text: string, mark: string): number {
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length--)
    if (text.endsWith(mark.slice(0, length))) return length;
  return 0;
}
