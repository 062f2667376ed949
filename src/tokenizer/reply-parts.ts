import { isWhite, type ReasoningMarks } from "./reasoning.ts";
import { StreamDecoder } from "./stream-decoder.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** A piece by which a reply has grown. Both parts are empty while nothing is certain. */
export interface ReplyPiece {
  reasoning: string;
  text: string;
}

const NOTHING: ReplyPiece = { reasoning: "", text: "" };

/**
 * More tokens than white space and a first mark are spelled with. A reply that has not begun to reason by then does
 * not.
 */
const MOST_UNDECIDED = 64;

/**
 * Divides a reply into its reasoning and its text while its tokens arrive.
 *
 * RP1 Reasoning is only at the beginning: after white space at most, from the first mark to the second one, or to the
 *     end of a reply that has no second one. Marks that come later are text.
 * RP2 White space around the reasoning is part of neither, and neither are the marks.
 * RP3 A token belongs to the text from the first one on that is more than white space. The text is decoded from there,
 *     as if nothing stood before it, so that its tokens decode to it on their own.
 */
export class ReplyParts {
  /** The tokens before the text: the reasoning with its marks, and the white space around it. */
  readonly reasoningIds: number[] = [];
  /** The tokens of the text; undefined if its first letters are in one token with the second mark. */
  textIds: number[] | undefined = [];
  #state: "undecided" | "reasoning" | "between" | "text";
  readonly #tokenizer: Tokenizer;
  readonly #marks: ReasoningMarks | undefined;
  #decoder: StreamDecoder;
  /** The end of the reasoning so far, which is shown only if more comes: white space, or what may become a mark. */
  #held = "";
  #hasReasoning = false;

  /**
   * @param marks undefined for a model that does not reason, whose replies are all text
   * @param begun whether the template has written the first mark: see `beginsInReasoning`
   */
  constructor(tokenizer: Tokenizer, marks: ReasoningMarks | undefined, begun: boolean) {
    this.#tokenizer = tokenizer;
    this.#marks = marks;
    this.#decoder = new StreamDecoder(tokenizer);
    this.#state = marks === undefined ? "text" : begun ? "reasoning" : "undecided";
  }

  /** Whether the reasoning has ended and the text has not begun. */
  get isBetween(): boolean {
    return this.#state === "between";
  }

  push(id: number): ReplyPiece {
    switch (this.#state) {
      case "undecided":
        return this.#decide(id);
      case "reasoning":
        return this.#reason(id);
      case "between":
        if (!isWhite(this.#tokenizer, id)) return this.#beginText([id]);
        this.reasoningIds.push(id);
        return NOTHING;
      case "text":
        this.textIds?.push(id);
        return { reasoning: "", text: this.#decoder.push(id) };
    }
  }

  /** What was held back, when no more tokens come. */
  flush(): ReplyPiece {
    if (this.#state === "undecided") {
      const { text } = this.#beginText(this.reasoningIds.splice(0));
      return { reasoning: "", text: text + this.#decoder.flush() };
    }
    const rest = this.#decoder.flush();
    if (this.#state !== "reasoning") return { reasoning: "", text: rest };
    return { reasoning: this.#trimmed(rest, 0), text: "" };
  }

  /** RP1: waits until it is certain whether the reply begins with the first mark. */
  #decide(id: number): ReplyPiece {
    this.reasoningIds.push(id);
    const { open, ids } = this.#marks ?? { open: "" };
    if (id === ids?.open) {
      this.#state = "reasoning";
      return NOTHING;
    }
    if (this.reasoningIds.length < MOST_UNDECIDED) {
      if (isWhite(this.#tokenizer, id)) return NOTHING;
      const text = ids ? undefined : this.#tokenizer.decode(this.reasoningIds).trimStart();
      if (text?.startsWith(open)) {
        this.#state = "reasoning";
        return this.#reasoned(text.slice(open.length));
      }
      if (text !== undefined && open.startsWith(text)) return NOTHING;
    }
    return this.#beginText(this.reasoningIds.splice(0));
  }

  #reason(id: number): ReplyPiece {
    this.reasoningIds.push(id);
    if (id !== this.#marks?.ids?.close) return this.#reasoned(this.#decoder.push(id));
    this.#state = "between";
    return { reasoning: this.#trimmed(this.#decoder.flush(), 0), text: "" };
  }

  /** More of the reasoning, which ends in it if it holds the second mark in ordinary tokens. */
  #reasoned(text: string): ReplyPiece {
    const { close, ids } = this.#marks ?? { close: "" };
    if (ids) return { reasoning: this.#trimmed(text, 0), text: "" };
    const pending = this.#held + text;
    const end = pending.indexOf(close);
    if (end < 0) return { reasoning: this.#trimmed(text, overlap(pending, close)), text: "" };
    this.#held = "";
    this.#state = "between";
    const reasoning = this.#trimmed(pending.slice(0, end), 0);
    const rest = pending.slice(end + close.length).trimStart();
    if (rest === "") return { reasoning, text: "" };
    // One token has the end of the mark and the beginning of the text.
    this.#state = "text";
    this.textIds = undefined;
    return { reasoning, text: rest };
  }

  /** RP2: more of the reasoning, without the white space before and behind all of it, and without `mark` letters. */
  #trimmed(text: string, mark: number): string {
    const pending = this.#held + text;
    const from = this.#hasReasoning ? pending : pending.trimStart();
    const shown = from.slice(0, from.length - Math.min(mark, from.length)).trimEnd();
    this.#held = from.slice(shown.length);
    this.#hasReasoning ||= shown !== "";
    return shown;
  }

  /** RP3. */
  #beginText(ids: number[]): ReplyPiece {
    this.#state = "text";
    this.#decoder = new StreamDecoder(this.#tokenizer);
    this.textIds = ids;
    return { reasoning: "", text: ids.map((id) => this.#decoder.push(id)).join("") };
  }
}

/** The length of the longest end of `text` with which `mark` begins. */
function overlap(text: string, mark: string): number {
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length--)
    if (text.endsWith(mark.slice(0, length))) return length;
  return 0;
}
