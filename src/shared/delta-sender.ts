import type { ReplyDelta } from "../protocol/engine-api.ts";

/**
 * The least time between two calls, in ms. Text grows smoothly at 25 pieces a second, and each piece has the page laid out
 * and painted, which on the processor takes the same cores as the model.
 */
const INTERVAL_MS = 40;

/**
 * Sends text to the page one call at a time. Text that comes while a call is on its way, or soon after, goes with the
 * next one, so a busy page gets fewer, longer pieces, and decoding never waits for it.
 */
export class DeltaSender {
  #nextAtMs = 0;
  #hurry: () => void = () => undefined;
  /** Resolves when no more text will come. */
  readonly #isEnding = new Promise<void>((resolve) => (this.#hurry = resolve));
  #pending = { reasoning: "", text: "" };
  #sending: Promise<void> | undefined;
  readonly #onDelta: (delta: ReplyDelta) => void | Promise<void>;

  constructor(onDelta: (delta: ReplyDelta) => void | Promise<void>) {
    this.#onDelta = onDelta;
  }

  push({ reasoning, text }: Required<ReplyDelta>): void {
    this.#pending.reasoning += reasoning;
    this.#pending.text += text;
    this.#sending ??= this.#drain();
  }

  /** Resolves when everything that was pushed has arrived. Rejects if the page did not take it. */
  async flushed(): Promise<void> {
    this.#hurry();
    await this.#sending;
  }

  async #drain(): Promise<void> {
    while (this.#pending.reasoning + this.#pending.text !== "") {
      const waitMs = this.#nextAtMs - performance.now();
      if (waitMs > 0) await Promise.race([after(waitMs), this.#isEnding]);
      const { reasoning, text } = this.#pending;
      this.#pending = { reasoning: "", text: "" };
      this.#nextAtMs = performance.now() + INTERVAL_MS;
      await this.#onDelta({ text, ...(reasoning !== "" && { reasoning }) });
    }
    this.#sending = undefined;
  }
}

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
