import type { ChatMessage, OpenRequest } from "../protocol/engine-api.ts";

/** The conversation whose KV the engine holds, or is bringing back, as far as the page knows. */
export class ResidentPrompt {
  #held: OpenRequest | undefined;

  set({ conversationId, messages }: OpenRequest): void {
    this.#held = { conversationId, messages };
  }

  clear(): void {
    this.#held = undefined;
  }

  /** A turn is over: the engine holds its prompt and the reply. Templates have no form for an empty one. */
  setAnswered({ conversationId, messages }: OpenRequest, text: string): void {
    const reply: ChatMessage = { role: "assistant", text };
    this.set({ conversationId, messages: text === "" ? messages : [...messages, reply] });
  }

  is({ conversationId, messages }: OpenRequest): boolean {
    const held = this.#held;
    return held?.conversationId === conversationId && areSame(held.messages, messages);
  }
}

function areSame(some: readonly ChatMessage[], others: readonly ChatMessage[]): boolean {
  if (some.length !== others.length) return false;
  return some.every(({ role, text }, index) => {
    const other = others[index];
    return other?.role === role && other.text === text;
  });
}
