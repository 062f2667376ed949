import type {
  ChatMessage,
  GenerateRequest,
  OpenRequest,
  QualityLevel,
  RestoreSummary,
} from "../protocol/engine-api.ts";
import type { EngineMeasure } from "../protocol/measures.ts";
import { renderPrompt } from "../tokenizer/chat-template.ts";
import { contextLimits, fitPrompt } from "./context-window.ts";
import { KvCompressor } from "./kv-compressor.ts";
import { KvConnection } from "./kv-connection.ts";
import { restore } from "./kv-restorer.ts";
import { KvSaver, type KeptConversation } from "./kv-saver.ts";
import type { LoadedModel } from "./load-model-onto-gpu.ts";

/** When a restoration has to end early. */
export interface RestoreSignals {
  /** Nothing of the conversation is wanted any more. */
  abandoned: AbortSignal;
  /** A turn takes over: what is loaded is kept, what is not yet computed is left to it. */
  handedOver: AbortSignal;
}

/** What keeps one model's rows in one store. */
interface Keeper {
  model: LoadedModel;
  store: KvConnection;
  saver: KvSaver;
  compressor: KvCompressor;
}

/** The engine's side of the stored KV cache. Without a store, nothing is saved and nothing found. */
export class KvPersistence {
  #store: KvConnection | undefined;
  #keeper: Keeper | undefined;
  readonly #onMeasure: (measure: EngineMeasure) => void;

  constructor(onMeasure: (measure: EngineMeasure) => void) {
    this.#onMeasure = onMeasure;
  }

  attach(port: MessagePort): void {
    this.#store?.close();
    this.#store = new KvConnection(port);
  }

  /** Rows were added to the model's cache. */
  advance(model: LoadedModel, conversation: Kept): void {
    this.#keeperOf(model)?.saver.advance(keptOf(conversation));
  }

  /** A turn is about to begin: the cache is its own from now on. */
  async begin(model: LoadedModel, { quality = "exact" }: Kept): Promise<void> {
    await this.#keeper?.compressor.interrupt();
    // Nothing is chosen by it where everything is kept as it is.
    model.transformer.sampleAttention(quality === "exact" ? undefined : model.similarity.current);
  }

  /** A turn has ended. */
  finish(model: LoadedModel, conversation: Kept): void {
    const keeper = this.#keeperOf(model);
    if (!keeper) return;
    keeper.saver.finish(keptOf(conversation));
    keeper.compressor.start(keptOf(conversation), keeper.saver.idle());
  }

  /** Load what is stored of a prompt that is about to be answered; the rest is left to its turn. */
  async restoreFor(
    model: LoadedModel,
    request: GenerateRequest,
    abandoned: AbortSignal,
  ): Promise<void> {
    if (!this.#store) return;
    const signals = { abandoned, handedOver: AbortSignal.abort() };
    await this.restore(model, request, signals);
  }

  /** Put the conversation's K and V into the cache, as far as its messages go. */
  async restore(
    model: LoadedModel,
    { conversationId, messages, quality = "exact", scheme = "auto" }: OpenRequest,
    signals: RestoreSignals,
  ): Promise<RestoreSummary> {
    // What is about to leave the cache is stored first.
    const keeper = this.#keeperOf(model);
    await Promise.all([keeper?.saver.idle(), keeper?.compressor.interrupt()]);
    const tokens = messages.length === 0 ? [] : historyTokens(model, messages);
    return restore(model, {
      conversationId,
      quality,
      scheme,
      costs: model.restorationCosts,
      tokens,
      store: this.#store,
      ...signals,
      onMeasure: this.#onMeasure,
    });
  }

  #keeperOf(model: LoadedModel): Keeper | undefined {
    const store = this.#store;
    if (!store) return undefined;
    if (this.#keeper?.model !== model || this.#keeper.store !== store) {
      const parts = { model, store, onMeasure: this.#onMeasure };
      const [saver, compressor] = [new KvSaver(parts), new KvCompressor(parts)];
      this.#keeper = { model, store, saver, compressor };
    }
    return this.#keeper;
  }
}

/** Of a request. */
interface Kept {
  conversationId: string;
  quality?: QualityLevel;
}

const keptOf = ({ conversationId, quality = "exact" }: Kept): KeptConversation => ({
  conversationId,
  quality,
});

/** What a next turn's prompt begins with: all but the header of its reply. */
function historyTokens(
  { template, tokenizer, info }: LoadedModel,
  messages: readonly ChatMessage[],
): number[] {
  const render = (kept: readonly ChatMessage[]) => renderPrompt(template, tokenizer, kept);
  const fitted = fitPrompt(messages, render, contextLimits(info.contextTokens));
  return fitted ? [fitted.parts.system, ...fitted.parts.turns].flat() : [];
}
