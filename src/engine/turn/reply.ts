import type { MessageTokens } from "../../protocol/engine-api.ts";
import { StopStrings } from "../../model/stop-strings.ts";
import type { ReasoningMarks } from "../../tokenizer/reasoning.ts";
import { ReplyParts, type ReplyPiece } from "../../tokenizer/reply-parts.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";

interface ReplyOptions {
  /** Texts that end the reply. They are looked for in its text, not in its reasoning. */
  stops: readonly string[];
  /** What stands around the model's reasoning; undefined if it does not reason. */
  marks: ReasoningMarks | undefined;
  /** Whether the prompt ends inside the reasoning. */
  begun: boolean;
}

/** A reply that grows token by token: its parts as far as they are certain, and what ends it. */
export class Reply {
  /** The tokens that this turn has written. */
  readonly ids: number[] = [];
  text = "";
  reasoning = "";
  /** Whether a stop string was met; the text ends before it. */
  stopped = false;
  readonly #parts: ReplyParts;
  readonly #stops: StopStrings;
  readonly #tokenizer: Tokenizer;
  /** How much of what comes next the reader has already: the end of a reply that was cut, as long as it was uncertain. */
  #known: Record<keyof ReplyPiece, number> = { reasoning: 0, text: 0 };

  constructor(tokenizer: Tokenizer, { stops, marks, begun }: ReplyOptions) {
    this.#tokenizer = tokenizer;
    this.#parts = new ReplyParts(tokenizer, marks, begun);
    this.#stops = new StopStrings(stops);
  }

  /**
   * Goes on from a reply that was cut. Its tokens count as none of this turn's.
   *
   * @param said what the reader has of it
   */
  resume(ids: readonly number[], said: ReplyPiece): void {
    for (const id of ids) {
      const { reasoning, text } = this.#parts.push(id);
      this.reasoning += reasoning;
      this.text += text;
    }
    for (const part of ["reasoning", "text"] as const)
      this.#known[part] = Math.max(0, said[part].length - this[part].length);
  }

  /** @returns what has become certain: whole characters that begin no stop string and no mark */
  push(id: number): ReplyPiece {
    this.ids.push(id);
    return this.#grow(this.#parts.push(id));
  }

  /** The rest of the reply, when no token follows. */
  end(): ReplyPiece {
    if (this.stopped) return { reasoning: "", text: "" };
    const { reasoning, text } = this.#grow(this.#parts.flush());
    const rest = this.#stops.flush();
    this.text += rest;
    return { reasoning, text: text + this.#news("text", rest) };
  }

  /**
   * The tokens, if they are exactly the reply. Undefined where a stop string may have ended it inside a token, or a
   * token is part of both its reasoning and its text.
   */
  get tokens(): MessageTokens | undefined {
    const { reasoningIds, textIds } = this.#parts;
    if (this.stopped || textIds === undefined) return undefined;
    const tokens = { tokenizer: this.#tokenizer.fingerprint, ids: textIds };
    return this.reasoning === "" ? tokens : { ...tokens, reasoningIds };
  }

  #grow({ reasoning, text }: ReplyPiece): ReplyPiece {
    const { emit, stopped } = this.#stops.push(text);
    this.stopped = stopped;
    this.reasoning += reasoning;
    this.text += emit;
    return { reasoning: this.#news("reasoning", reasoning), text: this.#news("text", emit) };
  }

  /** The part of what was added that the reader has not got. */
  #news(part: keyof ReplyPiece, added: string): string {
    const news = added.slice(this.#known[part]);
    this.#known[part] -= added.length - news.length;
    return news;
  }
}
