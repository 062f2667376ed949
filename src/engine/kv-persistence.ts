import type {
  ChatMessage,
  GenerateRequest,
  OpenRequest,
  RestoreSummary,
} from "../protocol/engine-api.ts";
import type { ComparedForm } from "../protocol/engine-measuring.ts";
import type { QualityLevel } from "../protocol/quality.ts";
import type { RestorationScheme } from "../protocol/restoration.ts";
import type { EngineMeasure } from "../protocol/measures.ts";
import { adoptBasis, BasisLearning } from "./learn/basis-learning.ts";
import { mayBecomeCodable } from "./sequence/codable-chunks.ts";
import type { Handover } from "./restore/handover.ts";
import { KvCompressor } from "./compress/kv-compressor.ts";
import { IdlePasses } from "./idle-passes.ts";
import { KvConnection, type KvStore } from "./sequence/kv-connection.ts";
import { restore } from "./restore/kv-restorer.ts";
import { rehearseReads } from "./restore/rehearse-reads.ts";
import { KvSaver } from "./save/kv-saver.ts";
import type { StoredConversation } from "./sequence/stored-conversation.ts";
import { isSameModel, type ReadyModel, type PreparedModel } from "./sequence/prepared-model.ts";
import { fitConversation } from "./turn/read-conversation.ts";

/** What else a restoration has to heed. */
export interface RestoreTerms {
  /** Nothing of the conversation is wanted any more. */
  abandoned: AbortSignal;
  handover: Handover;
  /** Compute as a GPU that takes this many times as long. */
  slowdown: number;
  scheme: RestorationScheme;
}

/** What keeps one model's rows in one store. */
interface Keeper {
  model: PreparedModel;
  store: KvConnection;
  saver: KvSaver;
  /** What is done between turns, since the first turn has ended. */
  between: { compressor: KvCompressor; learning: BasisLearning } | undefined;
  passes: IdlePasses;
  /** When what an earlier visit learnt of this device, and of how to transform, is known. */
  costsKnown: Promise<void>;
  rehearsal: { abort: AbortController; done: Promise<void> } | undefined;
}

/** The engine's side of the stored KV cache. Without a store, nothing is saved and nothing found. */
export class KvPersistence {
  #store: KvConnection | undefined;
  #keeper: Keeper | undefined;
  #forcedForm: ComparedForm | undefined;
  readonly #onMeasure: (measure: EngineMeasure) => void;

  constructor(onMeasure: (measure: EngineMeasure) => void) {
    this.#onMeasure = onMeasure;
  }

  attach(port: MessagePort): void {
    this.#store?.close();
    this.#store = new KvConnection(port);
  }

  /** From now on, store rows in this form instead of what a level chooses. */
  forceForm(form: ComparedForm | undefined): void {
    this.#forcedForm = form;
  }

  get hasStore(): boolean {
    return this.#store !== undefined;
  }

  /** Rows were added to the model's cache. */
  advance(model: PreparedModel, conversation: Conversation): void {
    this.#keeperOf(model)?.saver.advance(storedOf(conversation));
  }

  /** A turn is about to begin: the cache is its own from now on. */
  async begin(model: ReadyModel, request: GenerateRequest): Promise<void> {
    const { quality = "exact", messages } = request;
    await this.#interrupt();
    // Nothing is chosen by it where everything is kept as it is.
    const isWatched = quality !== "exact" && mayBecomeCodable(model.resident, messages);
    const watching = isWatched ? model.attention.begin() : undefined;
    // A form that is to be compared with others depends on the first turn too.
    if (this.#forcedForm) await watching;
    model.transformer.sampleAttention(isWatched ? model.attention.sampler : undefined);
  }

  /** A turn has ended. */
  finish(model: ReadyModel, conversation: Conversation): void {
    const keeper = this.#keeperOf(model);
    if (!keeper) return;
    const { store, saver } = keeper;
    saver.finish(storedOf(conversation));
    const parts = { model, store, onMeasure: this.#onMeasure };
    keeper.between ??= {
      compressor: new KvCompressor(parts),
      learning: new BasisLearning(parts),
    };
    const { compressor, learning } = keeper.between;
    const rehearsed = this.#rehearse(keeper, conversation);
    const { conversationId, quality = "exact" } = conversation;
    if (quality === "exact") return;
    const compressed = { conversationId, level: quality, storedAs: this.#forcedForm };
    keeper.passes.start(async (time) => {
      await compressor.run(compressed, time);
      if (!time.signal.aborted) await time.useCache(learning.run(time.signal));
    }, rehearsed);
  }

  /** When what is in the cache is stored, as far as it is going to be, and nothing here uses the cache. */
  async settle(model: PreparedModel): Promise<void> {
    await Promise.all([this.#keeperOf(model)?.saver.idle(), this.#interrupt()]);
  }

  /** When what was computed so far is stored, as it is, or could not be. */
  async saved(): Promise<void> {
    await this.#keeper?.saver.idle();
  }

  async #interrupt(): Promise<void> {
    this.#keeper?.rehearsal?.abort.abort();
    await Promise.all([this.#keeper?.passes.interrupt(), this.#keeper?.rehearsal?.done]);
  }

  /** When all is stored and, the first time on a device, it was tried what reading takes. Never rejects. */
  async #rehearse(keeper: Keeper, { conversationId }: Conversation): Promise<void> {
    const { model, store, saver, costsKnown } = keeper;
    const abort = new AbortController();
    const { signal } = abort;
    const work = async () => {
      await Promise.all([saver.idle(), costsKnown]);
      if (!signal.aborted && !model.restorationCosts.knowsReads)
        await rehearseReads(model, { store, conversationId, signal });
      await keepCosts(model, store);
    };
    const done = Promise.race([work(), model.gpu.device.lost]).then(ignore, ignore);
    keeper.rehearsal = { abort, done };
    await done;
  }

  /** Put the conversation's K and V into the cache, as far as its messages go. */
  async restore(
    model: PreparedModel,
    { conversationId, messages, quality = "exact" }: OpenRequest,
    { abandoned, handover, slowdown, scheme }: RestoreTerms,
  ): Promise<RestoreSummary> {
    const tokens = messages.length === 0 ? [] : historyTokens(model, messages);
    const keeper = this.#keeperOf(model);
    await keeper?.costsKnown;
    const summary = await restore(model, {
      conversationId,
      quality,
      scheme,
      tokens,
      store: this.#store,
      abandoned,
      handedOver: handover.signal,
      nextTokens: () => handover.messages && historyTokens(model, handover.messages),
      slowdown,
      onMeasure: this.#onMeasure,
    });
    if (keeper) void keepCosts(model, keeper.store);
    return summary;
  }

  #keeperOf(model: PreparedModel): Keeper | undefined {
    const store = this.#store;
    if (!store) return undefined;
    if (!isSameModel(this.#keeper?.model, model) || this.#keeper?.store !== store) {
      const saver = new KvSaver({ model, store, onMeasure: this.#onMeasure });
      const costsKnown = adoptKept(model, store);
      const passes = new IdlePasses(model.gpu.device);
      const [between, rehearsal] = [undefined, undefined];
      this.#keeper = { model, store, saver, between, passes, costsKnown, rehearsal };
    }
    return this.#keeper;
  }
}

const ignore = () => undefined;

/** Of this model on this device. */
const costsKey = ({ info, kvFingerprint }: PreparedModel): string =>
  `restoration costs, ${info.adapter}, ${kvFingerprint}`;

async function adoptKept(model: PreparedModel, store: KvStore): Promise<void> {
  const [kept] = await Promise.all([store.deviceRecord(costsKey(model)), adoptBasis(model, store)]);
  model.restorationCosts.adopt(kept.ok ? kept.value : undefined);
}

/** What could not be kept is learnt again. */
async function keepCosts(model: PreparedModel, store: KvStore): Promise<void> {
  await store.putDeviceRecord(costsKey(model), model.restorationCosts.kept);
}

/** The conversation of a request. */
interface Conversation {
  conversationId: string;
  quality?: QualityLevel;
}

const storedOf = ({ conversationId, quality = "exact" }: Conversation): StoredConversation => ({
  conversationId,
  quality,
});

/** What a next turn's prompt begins with: all but the header of its reply. */
function historyTokens(model: PreparedModel, messages: readonly ChatMessage[]): number[] {
  const fitted = fitConversation(model, messages);
  return fitted ? [fitted.parts.system, ...fitted.parts.turns].flat() : [];
}
