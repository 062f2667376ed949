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
import { runTurn } from "./turn/turn.ts";
import { untilLost } from "./until-lost.ts";

interface WorkParts {
  slot: ModelSlot;
  cached: CachedConversation;
  kv: KvPersistence;
  resumptions: Resumptions;
  onMeasure: (measure: EngineMeasure) => void;
  onProgress: (progress: EngineProgress) => void;
}

interface AnswerTerms {
  onDelta: (delta: ReplyDelta) => void | Promise<void>;
  cancelled: AbortSignal;
  /** Run the prompt as a GPU that takes this many times as long. */
  slowdown: number;
}

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

  /** @throws EngineError `prompt-too-long` or `device-lost` */
  async answer(
    model: ReadyModel,
    request: GenerateRequest,
    { onDelta, cancelled, slowdown }: AnswerTerms,
  ): Promise<TurnSummary> {
    const { kv, resumptions, onMeasure, onProgress } = this.#parts;
    const sender = new DeltaSender(onDelta);
    const turn = runTurn(model, request, {
      signal: cancelled,
      onPiece: (piece) => {
        sender.push(piece);
      },
      onMeasure: (measure) => {
        if (measure.name === "chat.prefill") learnPrefill(model, measure);
        onMeasure(measure);
      },
      onProgress,
      onRows: () => {
        kv.advance(model, request);
      },
      slowdown,
    });
    const summary = await untilLost(model.hardware.device, turn);
    kv.finish(model, request);
    await sender.flushed();
    const { promptTokens, prefilledTokens } = summary;
    const reusedTokens = promptTokens - prefilledTokens;
    const { conversationId } = request;
    return { ...summary, resumed: resumptions.take(model, { conversationId, reusedTokens }) };
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
