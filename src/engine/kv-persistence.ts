import type { ChatMessage, OpenRequest, RestoreSummary } from "../protocol/engine-api.ts";
import type { EngineMeasure } from "../protocol/measures.ts";
import { renderPrompt } from "../tokenizer/chat-template.ts";
import { contextLimits, fitPrompt } from "./context-window.ts";
import { KvConnection } from "./kv-connection.ts";
import { restore } from "./kv-restorer.ts";
import { KvSaver } from "./kv-saver.ts";
import type { LoadedModel } from "./load-model-onto-gpu.ts";

/** When a restoration has to end early. */
export interface RestoreSignals {
  /** Nothing of the conversation is wanted any more. */
  abandoned: AbortSignal;
  /** A turn takes over: what is loaded is kept, what is not yet computed is left to it. */
  handedOver: AbortSignal;
}

/** The engine's side of the stored KV cache. Without a store, nothing is saved and nothing found. */
export class KvPersistence {
  #store: KvConnection | undefined;
  #saver: { model: LoadedModel; store: KvConnection; saver: KvSaver } | undefined;
  readonly #onMeasure: (measure: EngineMeasure) => void;

  constructor(onMeasure: (measure: EngineMeasure) => void) {
    this.#onMeasure = onMeasure;
  }

  attach(port: MessagePort): void {
    this.#store?.close();
    this.#store = new KvConnection(port);
  }

  /** Rows were added to the model's cache. */
  advance(model: LoadedModel, conversationId: string): void {
    this.#saverOf(model)?.advance(conversationId);
  }

  /** A turn has ended. */
  finish(model: LoadedModel, conversationId: string): void {
    this.#saverOf(model)?.finish(conversationId);
  }

  /** Put the conversation's K and V into the cache, as far as its messages go. */
  async restore(
    model: LoadedModel,
    { conversationId, messages }: OpenRequest,
    signals: RestoreSignals,
  ): Promise<RestoreSummary> {
    // What is about to leave the cache is stored first.
    await this.#saverOf(model)?.idle();
    const tokens = messages.length === 0 ? [] : historyTokens(model, messages);
    return restore(model, {
      conversationId,
      tokens,
      store: this.#store,
      ...signals,
      onMeasure: this.#onMeasure,
    });
  }

  #saverOf(model: LoadedModel): KvSaver | undefined {
    const store = this.#store;
    if (!store) return undefined;
    if (this.#saver?.model !== model || this.#saver.store !== store) {
      const saver = new KvSaver({ model, store, onMeasure: this.#onMeasure });
      this.#saver = { model, store, saver };
    }
    return this.#saver.saver;
  }
}

/** What a next turn's prompt begins with: all but the header of its reply. */
function historyTokens(
  { template, tokenizer, info }: LoadedModel,
  messages: readonly ChatMessage[],
): number[] {
  const render = (kept: readonly ChatMessage[]) => renderPrompt(template, tokenizer, kept);
  const fitted = fitPrompt(messages, render, contextLimits(info.contextTokens));
  return fitted ? [fitted.parts.system, ...fitted.parts.turns].flat() : [];
}
