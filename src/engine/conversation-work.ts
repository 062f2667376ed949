import type {
  GenerateRequest,
  OpenRequest,
  ReplyDelta,
  RestoreSummary,
  TurnSummary,
} from "../protocol/engine-api.ts";
import type { EngineProgress } from "../protocol/engine-progress.ts";
import type { EngineMeasure } from "../protocol/measures.ts";
import { EngineError } from "../shared/engine-error.ts";
import type { CachedConversation } from "./cached-conversation.ts";
import type { KvPersistence, RestoreTerms } from "./kv-persistence.ts";
import type { ModelSlot } from "./model-slot.ts";
import { orAborted } from "../shared/or-aborted.ts";
import { Handover } from "./restore/handover.ts";
import type { PreparedModel, ReadyModel, RestorableModel } from "./sequence/prepared-model.ts";
import type { Resumptions } from "./sequence/resumptions.ts";
import { DeltaSender } from "../shared/delta-sender.ts";
import {
  beginTurn,
  continueOn,
  endTurn,
  runTurn,
  tokensOfTurn,
  type Turn,
  type TurnHooks,
} from "./turn/turn.ts";
import { untilLost } from "./until-lost.ts";

interface WorkParts {
  slot: ModelSlot;
  cached: CachedConversation;
  kv: KvPersistence;
  resumptions: Resumptions;
  onMeasure: (measure: EngineMeasure) => void;
  onProgress: (progress: EngineProgress) => void;
}

interface AnswerTerms extends Pick<RestoreTerms, "slowdown" | "scheme"> {
  onDelta: (delta: ReplyDelta) => void | Promise<void>;
  cancelled: AbortSignal;
}

/** How often a turn goes on after its device was lost. What is lost more often is not worth waiting for. */
const MOST_LOSSES = 2;

const isLoss = (error: unknown): boolean =>
  error instanceof EngineError && error.failure.code === "device-lost";

/**
 * What is done for one conversation on the model: its rows are brought back, its turn is answered. Each call
 * has the model to itself: see `OneRunAtATime`.
 */
export class ConversationWork {
  readonly #parts: WorkParts;

  constructor(parts: WorkParts) {
    this.#parts = parts;
  }

  /** Waits for a load of the model. @throws EngineError of the load, `cancelled` or `device-lost` */
  async restore(request: OpenRequest, terms: RestoreTerms): Promise<RestoreSummary> {
    const { slot, kv } = this.#parts;
    const model = await orAborted(slot.prepared(), terms.abandoned);
    if (!model || terms.abandoned.aborted) throw new EngineError({ code: "cancelled" });
    const work = async () => {
      await this.#enter(model, request.conversationId);
      return kv.restore(model, request, terms);
    };
    const summary = await untilLost(model.hardware.device, work());
    // Chunks that were not stored, or no longer, are stored for the next time.
    kv.advance(model, request);
    return summary;
  }

  /** The model, complete, and its cache this conversation's. Waits for a load of the model. */
  async prepareTurn(
    request: GenerateRequest,
    terms: Omit<RestoreTerms, "handover">,
  ): Promise<ReadyModel> {
    const { slot, kv, cached } = this.#parts;
    const prepared = await slot.prepared();
    if (!cached.is(prepared, request.conversationId))
      await untilLost(prepared.hardware.device, this.#loadStored(prepared, request, terms));
    const model = await slot.ready();
    await kv.begin(model, request);
    return model;
  }

  /**
   * Answers. Where the device is lost meanwhile, the answer goes on when the model is there again.
   *
   * @throws EngineError `prompt-too-long`, or `device-lost` when that happens again and again
   */
  async answer(
    model: ReadyModel,
    request: GenerateRequest,
    terms: AnswerTerms,
  ): Promise<TurnSummary> {
    const { kv, resumptions } = this.#parts;
    const sender = new DeltaSender(terms.onDelta);
    // The model that the turn runs on, which is another one after a loss.
    const now = { model };
    const hooks = this.#hooksOf(now, request, { ...terms, onPiece: (piece) => sender.push(piece) });
    const begun = await untilLost(model.hardware.device, beginTurn(model, request, hooks));
    const isOver = "finishReason" in begun;
    const summary = isOver ? begun : await this.#untilAnswered(begun, now, terms);
    kv.finish(now.model, request);
    await sender.flushed();
    const { promptTokens, prefilledTokens } = summary;
    const reusedTokens = promptTokens - prefilledTokens;
    const { conversationId } = request;
    return { ...summary, resumed: resumptions.take(now.model, { conversationId, reusedTokens }) };
  }

  #hooksOf(
    now: { model: ReadyModel },
    request: GenerateRequest,
    { cancelled, slowdown, onPiece }: AnswerTerms & Pick<TurnHooks, "onPiece">,
  ): TurnHooks {
    const { kv, onMeasure, onProgress } = this.#parts;
    return {
      signal: cancelled,
      onPiece,
      onMeasure: (measure) => {
        if (measure.name === "chat.prefill") learnPrefill(now.model, measure);
        onMeasure(measure);
      },
      onProgress,
      onRows: () => {
        kv.advance(now.model, request);
      },
      slowdown,
    };
  }

  async #untilAnswered(
    begun: Turn,
    now: { model: ReadyModel },
    terms: AnswerTerms,
  ): Promise<TurnSummary> {
    let turn = begun;
    for (let losses = 0; ; losses++) {
      try {
        if (losses > 0) {
          const model = await orAborted(this.#comeBack(turn, terms), terms.cancelled);
          if (!model) return endTurn(turn, "cancelled");
          now.model = model;
          turn = continueOn(turn, model);
        }
        return await untilLost(now.model.hardware.device, runTurn(turn));
      } catch (error) {
        if (losses === MOST_LOSSES || terms.cancelled.aborted || !isLoss(error)) throw error;
      }
    }
  }

  /** The model that is loaded again after a loss, with the rows of what was said so far, as far as they are stored. */
  async #comeBack(turn: Turn, terms: AnswerTerms): Promise<ReadyModel> {
    const { slot, kv } = this.#parts;
    const { request } = turn;
    const { conversationId, quality = "exact", isTemporary } = request;
    const prepared = await slot.prepared();
    // Another model may have been asked for meanwhile.
    if (prepared.info.url !== turn.model.info.url) throw new EngineError({ code: "cancelled" });
    const restored = async () => {
      await this.#enter(prepared, conversationId);
      if (!kv.hasStore || isTemporary) return;
      const nextTokens = () => Promise.resolve(undefined);
      const tokens = tokensOfTurn(turn);
      const sequence = { conversationId, quality, isTemporary, tokens, nextTokens };
      const abandoned = terms.cancelled;
      await kv.restoreTokens(prepared, sequence, { ...terms, abandoned, handover: new Handover() });
    };
    await untilLost(prepared.hardware.device, restored());
    const model = await slot.ready();
    await kv.begin(model, request);
    return model;
  }

  /** Loads what is stored of a conversation whose turn was sent before it was opened. The turn computes the rest. */
  async #loadStored(
    model: PreparedModel,
    request: GenerateRequest,
    terms: Omit<RestoreTerms, "handover">,
  ): Promise<void> {
    const { kv } = this.#parts;
    await this.#enter(model, request.conversationId);
    const handover = new Handover();
    handover.take(request.messages);
    if (kv.hasStore && !request.isTemporary)
      await kv.restore(model, request, { ...terms, handover });
  }

  /** The model's cache becomes this conversation's, once nothing that stores or judges rows uses it. */
  async #enter(model: PreparedModel, conversationId: string): Promise<void> {
    await this.#parts.kv.settle(model);
    await this.#parts.cached.replaceBy(model, conversationId);
  }
}

/** What a prompt took is what recomputing rows takes. */
function learnPrefill(
  { restorationCosts, layers }: RestorableModel,
  { startEpochMs, endEpochMs, detail }: Extract<EngineMeasure, { name: "chat.prefill" }>,
): void {
  const { prefilledTokens: tokens, reusedTokens: position } = detail;
  const ms = endEpochMs - startEpochMs;
  restorationCosts.learnPrefill({ tokens, position, layers: layers.rowLayers, ms });
}
