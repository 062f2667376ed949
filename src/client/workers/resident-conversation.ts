import type { ChatMessage, OpenRequest } from "../../protocol/engine-api.ts";

/** The conversation whose KV the engine holds or is restoring, as far as the page knows. */
export class ResidentConversation {
  #held: OpenRequest | undefined;
  #modelUrl: string | undefined;

  /** Another model, or none, means that the KV is gone. A model keeps its address from loading to being ready. */
  modelBecame(url: string | undefined): void {
    if (url !== this.#modelUrl) this.clear();
    this.#modelUrl = url;
  }

  set(request: OpenRequest): void {
    this.#held = request;
  }

  /** The opening of this request has failed. One of the same conversation that came later is another opening. */
  failed(request: OpenRequest): void {
    if (this.#held === request) this.clear();
  }

  clear(): void {
    this.#held = undefined;
  }

  /**
   * A turn is over, and the engine holds its prompt and the reply. A reply without text is left out, because chat
   * templates have no form for it.
   */
  setAnswered(request: OpenRequest, text: string): void {
    const { messages } = request;
    const reply: ChatMessage = { role: "assistant", text };
    this.set({ ...request, messages: text === "" ? messages : [...messages, reply] });
  }

  /** Whether this is the conversation, in the same quality: at another level it may be restored from other chunks. */
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
