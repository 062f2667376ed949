import type { ChatMessage } from "../../protocol/engine-api.ts";

/** How a turn takes over from a restoration: what is loaded is kept, what is not yet computed is left to it. */
export class Handover {
  readonly #taken = new AbortController();
  #messages: readonly ChatMessage[] | undefined;

  get signal(): AbortSignal {
    return this.#taken.signal;
  }

  /** The turn's; undefined before it takes over. */
  get messages(): readonly ChatMessage[] | undefined {
    return this.#messages;
  }

  take(messages: readonly ChatMessage[]): void {
    this.#messages = messages;
    this.#taken.abort();
  }
}
