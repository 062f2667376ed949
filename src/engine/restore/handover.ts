import type { ChatMessage } from "../../protocol/engine-api.ts";

/** Lets a turn take over from a restoration. What is loaded is kept, and what is not computed yet is left to the turn. */
export class Handover {
  readonly #taken = new AbortController();
  #messages: readonly ChatMessage[] | undefined;

  get signal(): AbortSignal {
    return this.#taken.signal;
  }

  /** The messages of the turn. Undefined before it takes over. */
  get messages(): readonly ChatMessage[] | undefined {
    return this.#messages;
  }

  take(messages: readonly ChatMessage[]): void {
    this.#messages = messages;
    this.#taken.abort();
  }
}
