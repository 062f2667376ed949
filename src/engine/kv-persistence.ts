import { CODECS } from "../kv/value/codec-families.ts";
import type {
  ChatMessage,
  GenerateRequest,
  OpenRequest,
  RestoreSummary,
} from "../protocol/engine-api.ts";
import type { EngineProgress } from "../protocol/engine-progress.ts";
import type { ComparedForm } from "../protocol/engine-measuring.ts";
import type { IdleTerms } from "../protocol/engine-storing.ts";
import type { QualityLevel } from "../protocol/quality.ts";
import type { RestorationScheme } from "../protocol/restoration.ts";
import type { EngineMeasure } from "../protocol/measures.ts";
import { BasisLearning } from "./learn/basis-learning.ts";
import { KeptBases } from "./learn/kept-bases.ts";
import { mayBecomeCodable } from "./sequence/codable-chunks.ts";
import type { Handover } from "./restore/handover.ts";
import { KvCompressor } from "./compress/kv-compressor.ts";
import { IdlePasses } from "./idle-passes.ts";
import type { IdleTime } from "./sequence/idle-time.ts";
import { orLasting } from "../shared/or-lasting.ts";
import { keepVariant, variantsRecord } from "./sequence/kept-variants.ts";
import { KvConnection, type KvStore } from "./sequence/kv-connection.ts";
import { restore } from "./restore/kv-restorer.ts";
import { rehearseReads } from "./restore/rehearse-reads.ts";
import { KvSaver } from "./save/kv-saver.ts";
import type { StoredConversation } from "./sequence/stored-conversation.ts";
import { isSameModel, type ReadyModel, type PreparedModel } from "./sequence/prepared-model.ts";
import { fitConversation, type SentConversation } from "./turn/read-conversation.ts";

/** What a restoration has to heed besides its request. */
export interface RestoreTerms {
  /** Nothing of the conversation is wanted any more. */
  abandoned: AbortSignal;
  handover: Handover;
  /** Compute as a GPU that takes this many times as long. */
  slowdown: number;
  scheme: RestorationScheme;
}

/** What is told while rows are stored and brought back. */
interface EngineEvents {
  onMeasure: (measure: EngineMeasure) => void;
  onProgress: (progress: EngineProgress) => void;
}

/** Tokens whose rows are to be restored, and the conversation that they belong to. */
interface RestoredSequence {
  conversationId: string;
  quality: QualityLevel;
  isTemporary: boolean | undefined;
  tokens: readonly number[];
  /** The tokens that the prompt of a turn that takes over begins with. */
  nextTokens: () => Promise<readonly number[] | undefined>;
}

/** What stores the rows of one model in one store. */
interface ModelStorage {
  model: PreparedModel;
  store: KvConnection;
  saver: KvSaver;
  bases: KeptBases;
  /** What is done between turns; undefined until the first turn has ended. */
  between: { compressor: KvCompressor; learning: BasisLearning } | undefined;
  passes: IdlePasses;
  /** Resolves when what an earlier visit learned of this device, and the learned basis, is known. */
  costsKnown: Promise<void>;
  rehearsal: { abort: AbortController; done: Promise<void> } | undefined;
}

/** The engine's side of the stored KV cache. Without a store, nothing is saved and nothing found. */
export class KvPersistence {
  #store: KvConnection | undefined;
  #storage: ModelStorage | undefined;
  #forcedForm: ComparedForm | undefined;
  #idleTerms: IdleTerms = { learning: true, visible: true, writing: false };
  readonly #onMeasure: (measure: EngineMeasure) => void;
  readonly #onProgress: (progress: EngineProgress) => void;

  constructor({ onMeasure, onProgress }: EngineEvents) {
    this.#onMeasure = onMeasure;
    this.#onProgress = onProgress;
  }

  attach(port: MessagePort): void {
    this.#store?.close();
    this.#store = new KvConnection(port);
  }

  /** A device record, before anything is stored or restored. It does not settle where the store is silent. */
  async earlyRecord(name: string): Promise<unknown> {
    return this.#store?.earlyRecord(name);
  }

  /** From now on, store rows in this form instead of what a level chooses. */
  forceForm(form: ComparedForm | undefined): void {
    this.#forcedForm = form;
  }

  /** From now on, what is done between turns is done on these terms. */
  setIdleTerms(terms: IdleTerms): void {
    this.#idleTerms = terms;
    const { passes, between } = this.#storage ?? {};
    if (!terms.learning) between?.learning.stop();
    if (mayBeBusy(terms)) passes?.resume();
    else passes?.pause();
  }

  get hasStore(): boolean {
    return this.#store !== undefined;
  }

  /** Rows were added to the model's cache. */
  advance(model: PreparedModel, conversation: Conversation): void {
    if (!conversation.isTemporary) this.#storageOf(model)?.saver.advance(storedOf(conversation));
  }

  /** A turn is about to begin. Resolves when nothing here uses the cache. */
  async begin(model: ReadyModel, request: GenerateRequest): Promise<void> {
    const { quality = "exact", messages, isTemporary } = request;
    await this.#interrupt();
    // How a conversation attends decides nothing where its rows are stored as they are. Which layers attend alike
    // decides only whether they share.
    const isCoded = quality !== "exact" && !isTemporary;
    const isWatched = isCoded && mayBecomeCodable(model.resident, messages);
    const mayShare =
      this.#forcedForm?.startsWith("krul") || this.#storage?.between?.compressor.mayShare;
    const watching = isWatched && mayShare ? model.attention.begin() : undefined;
    // A form that is to be compared with others depends on the first turn too.
    if (this.#forcedForm) await watching;
    model.transformer.sampleAttention(isWatched ? model.attention.sampler : undefined);
  }

  /** A turn has ended. */
  finish(model: ReadyModel, conversation: Conversation): void {
    const storage = conversation.isTemporary ? undefined : this.#storageOf(model);
    if (!storage) return;
    const { store, saver, bases } = storage;
    saver.finish(storedOf(conversation));
    const parts = { model, store, onMeasure: this.#onMeasure };
    storage.between ??= {
      compressor: new KvCompressor(parts),
      learning: new BasisLearning({ ...parts, bases }),
    };
    const { compressor, learning } = storage.between;
    const rehearsed = this.#rehearse(storage, conversation);
    const { conversationId, quality = "exact" } = conversation;
    if (quality === "exact") return;
    const storedAs = this.#forcedForm;
    const compressed = () => {
      return { conversationId, level: quality, judges: this.#idleTerms.learning, storedAs };
    };
    const { valueCoder } = model;
    // Learning takes minutes of a processor. Where its basis would not be used, nothing is learned.
    const isLearning = async () => {
      const { decoding } = learning;
      if (!this.#idleTerms.learning || decoding === undefined) return false;
      return compressor.isBasisWorthLearning({ level: quality, storedAs }, decoding);
    };
    const learn = async (time: IdleTime) => {
      if (time.signal.aborted || !(await isLearning())) return;
      await time.useCache(learning.run(time.signal));
    };
    storage.passes.start(async (time) => {
      await learning.heedOthers();
      // What is in a level's form stays as it is. So the first basis is made before any other form is judged.
      const learnsFirst = learning.mayMakeFirst && (await isLearning());
      if (learnsFirst) {
        await compressor.run({ ...compressed(), judges: false }, time);
        await learn(time);
      }
      if (!time.signal.aborted) await compressor.run(compressed(), time);
      await rehearseUnmeasured(storage, { conversationId, time });
      if (learnsFirst) return;
      const { basis } = valueCoder;
      await learn(time);
      if (valueCoder.basis !== basis && !time.signal.aborted)
        await compressor.run(compressed(), time);
    }, rehearsed);
  }

  /** Resolves when the rows in the cache are stored, or could not be, and nothing here uses the cache. */
  async settle(model: PreparedModel): Promise<void> {
    await Promise.all([this.#storageOf(model)?.saver.idle(), this.#interrupt()]);
  }

  /** Resolves when the rows that were computed so far are stored as they are, or could not be. */
  async saved(): Promise<void> {
    await this.#storage?.saver.idle();
  }

  async #interrupt(): Promise<void> {
    this.#storage?.rehearsal?.abort.abort();
    await Promise.all([this.#storage?.passes.interrupt(), this.#storage?.rehearsal?.done]);
  }

  /**
   * Resolves when all rows are stored and, the first time on a device, reading some was tried to learn what it
   * takes. Never rejects.
   */
  async #rehearse(storage: ModelStorage, { conversationId }: Conversation): Promise<void> {
    const { model, store, saver, costsKnown } = storage;
    const abort = new AbortController();
    const { signal } = abort;
    const work = async () => {
      await Promise.all([saver.idle(), costsKnown]);
      if (!signal.aborted && !model.restorationCosts.knowsReads)
        await rehearseReads(model, { store, conversationId, signal });
      await storeCosts(model, store);
    };
    const done = orLasting(work(), model.hardware.device.lost).then(ignore, ignore);
    storage.rehearsal = { abort, done };
    await done;
  }

  /** Put the conversation's K and V into the cache, as far as its messages go. */
  async restore(
    model: PreparedModel,
    { conversationId, messages, begunAtMs, quality = "exact", isTemporary }: OpenRequest,
    { abandoned, handover, slowdown, scheme }: RestoreTerms,
  ): Promise<RestoreSummary> {
    const tokensOf = (of: readonly ChatMessage[]) =>
      historyTokens(model, { messages: of, begunAtMs });
    const tokens = messages.length === 0 ? [] : await tokensOf(messages);
    const nextTokens = async () => handover.messages && tokensOf(handover.messages);
    const sequence = { conversationId, quality, isTemporary, tokens, nextTokens };
    return this.restoreTokens(model, sequence, { abandoned, handover, slowdown, scheme });
  }

  /** Put the K and V of these tokens into the cache. */
  async restoreTokens(
    model: PreparedModel,
    { conversationId, quality, isTemporary, tokens, nextTokens }: RestoredSequence,
    { abandoned, handover, slowdown, scheme }: RestoreTerms,
  ): Promise<RestoreSummary> {
    const storage = isTemporary ? undefined : this.#storageOf(model);
    await storage?.costsKnown;
    const summary = await restore(model, {
      conversationId,
      quality,
      scheme,
      tokens,
      store: storage?.store,
      abandoned,
      handedOver: handover.signal,
      nextTokens,
      slowdown,
      onMeasure: this.#onMeasure,
      onProgress: (progress) => {
        this.#onProgress({ work: "restore", conversationId, ...progress });
      },
    });
    if (storage) void storeCosts(model, storage.store);
    return summary;
  }

  #storageOf(model: PreparedModel): ModelStorage | undefined {
    const store = this.#store;
    if (!store) return undefined;
    if (!isSameModel(this.#storage?.model, model) || this.#storage?.store !== store) {
      const saver = new KvSaver({ model, store, onMeasure: this.#onMeasure });
      const known = isSameModel(this.#storage?.model, model) ? this.#storage?.bases : undefined;
      const bases = new KeptBases(model, store, known?.isShipped);
      const costsKnown = adoptRecords(model, store, bases);
      const passes = new IdlePasses(model.hardware.device);
      if (!mayBeBusy(this.#idleTerms)) passes.pause();
      const [between, rehearsal] = [undefined, undefined];
      this.#storage = { model, store, saver, bases, between, passes, costsKnown, rehearsal };
    }
    return this.#storage;
  }
}

const ignore = () => undefined;

/** Whether work between turns disturbs nobody. */
const mayBeBusy = ({ visible, writing }: IdleTerms): boolean => visible && !writing;

/**
 * Decodes some of what was just stored in a codec family that was never decoded here, to learn what that takes before
 * the next form is chosen.
 */
async function rehearseUnmeasured(
  { model, store }: ModelStorage,
  { conversationId, time }: { conversationId: string; time: IdleTime },
): Promise<void> {
  const { signal, useCache } = time;
  if (signal.aborted) return;
  await useCache(rehearseReads(model, { store, conversationId, signal, unmeasured: true }));
  await storeCosts(model, store);
}

/** The name under which the costs of this model on this device are stored. */
const costsKey = ({ info, kvFingerprint }: PreparedModel): string =>
  `restoration costs, ${info.adapter}, ${kvFingerprint}`;

async function adoptRecords(model: PreparedModel, store: KvStore, bases: KeptBases): Promise<void> {
  const { info, kernels, config, hardware } = model;
  const { adapter } = hardware;
  void keepVariant(store, variantsRecord(info.adapter), { ...kernels, config, adapter });
  const [record] = await Promise.all([store.deviceRecord(costsKey(model)), bases.adopt()]);
  model.restorationCosts.adopt(record.ok ? record.value : undefined);
}

/** Costs that could not be stored are learned again. */
async function storeCosts(model: PreparedModel, store: KvStore): Promise<void> {
  for (const { name } of CODECS.families) {
    const preparation = model.valueCoder.preparationOf(name);
    if (preparation) model.restorationCosts.learnPreparation(name, preparation);
  }
  await store.putDeviceRecord(costsKey(model), model.restorationCosts.record);
}

/** The conversation of a request. */
interface Conversation {
  conversationId: string;
  quality?: QualityLevel;
  isTemporary?: boolean;
}

const storedOf = ({ conversationId, quality = "exact" }: Conversation): StoredConversation => ({
  conversationId,
  quality,
});

/** What a next turn's prompt begins with: all but the header of its reply. */
async function historyTokens(
  model: PreparedModel,
  conversation: SentConversation,
): Promise<number[]> {
  const fitted = await fitConversation(model, conversation);
  return fitted ? [fitted.parts.system, ...fitted.parts.turns].flat() : [];
}
