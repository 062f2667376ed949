import type { SentMessage } from "./cut-history.ts";

/**
 * The conversation whose K and V WebLLM holds, as its engine decides it: it goes on with a conversation if all messages
 * before the last one are what it has, and if the last reply came to its own end.
 */
export class HeldConversation {
  /** Tokens whose K and V are in place. */
  tokens = 0;
  #messages: readonly SentMessage[] = [];

  forget(): void {
    this.tokens = 0;
    this.#messages = [];
  }

  /** A turn is over, after which these messages are in place, the reply among them. */
  hold(messages: readonly SentMessage[], tokens: number): void {
    this.#messages = messages;
    this.tokens = tokens;
  }

  /** Whether these messages, all of them, are what is in place. */
  matches(messages: readonly SentMessage[]): boolean {
    const held = this.#messages;
    if (held.length === 0 || held.length !== messages.length) return false;
    return held.every(({ role, content }, index) => {
      const other = messages[index];
      return other?.role === role && other.content === content;
    });
  }
}
