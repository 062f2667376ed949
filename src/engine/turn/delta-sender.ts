import type { ReplyDelta } from "../../protocol/engine-api.ts";
import type { ReplyPiece } from "../../tokenizer/reply-parts.ts";

/**
 * Sends text to the page one call at a time. Text that comes while a call is on its way goes with the next one,
 * so a busy page gets fewer, longer pieces, and decoding never waits for it.
 */
export class DeltaSender {
  #pending = { reasoning: "", text: "" };
  #sending: Promise<void> | undefined;
  readonly #onDelta: (delta: ReplyDelta) => void | Promise<void>;

  constructor(onDelta: (delta: ReplyDelta) => void | Promise<void>) {
    this.#onDelta = onDelta;
  }

  push({ reasoning, text }: ReplyPiece): void {
    this.#pending.reasoning += reasoning;
    this.#pending.text += text;
    this.#sending ??= this.#drain();
  }

  /** Resolves when everything that was pushed has arrived. Rejects if the page did not take it. */
  async flushed(): Promise<void> {
    await this.#sending;
  }

  async #drain(): Promise<void> {
    while (this.#pending.reasoning + this.#pending.text !== "") {
      const { reasoning, text } = this.#pending;
      this.#pending = { reasoning: "", text: "" };
      await this.#onDelta({ text, ...(reasoning !== "" && { reasoning }) });
    }
    this.#sending = undefined;
  }
}
