import type { ChatMessage, OpenRequest } from "../../protocol/engine-api.ts";

/** The conversation whose KV the engine holds, or is bringing back, as far as the page knows. */
export class ResidentConversation {
  #held: OpenRequest | undefined;
  #modelUrl: string | undefined;

  /** Another model, or none, means that the KV is gone; being loaded and being ready are the same to it. */
  modelBecame(url: string | undefined): void {
    if (url !== this.#modelUrl) this.clear();
    this.#modelUrl = url;
  }

  set(request: OpenRequest): void {
    this.#held = request;
  }

  clear(): void {
    this.#held = undefined;
  }

  /** A turn is over: the engine holds its prompt and the reply. Templates have no form for an empty one. */
  setAnswered(request: OpenRequest, text: string): void {
    const { messages } = request;
    const reply: ChatMessage = { role: "assistant", text };
    this.set({ ...request, messages: text === "" ? messages : [...messages, reply] });
  }

  /** Of the same quality, too: at another level something else may be stored, and restored from. */
  matches({ conversationId, messages, quality }: OpenRequest): boolean {
    const held = this.#held;
    if (held?.conversationId !== conversationId || held.quality !== quality) return false;
    return areSame(held.messages, messages);
  }
}

function areSame(some: readonly ChatMessage[], others: readonly ChatMessage[]): boolean {
  if (some.length !== others.length) return false;
  return some.every(({ role, text }, index) => {
    const other = others[index];
    return other?.role === role && other.text === text;
  });
}
