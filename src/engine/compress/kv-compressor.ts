/**
 * @file Stores what has left the recent window of a conversation in fewer bytes, between turns. What needs no judging is
 * stored by rules KC1, KC2 and KC5 (form-storing.ts). Of the rest is decided here:
 *
 * - KC3 The guard looks for the best form that holds, which takes the safe one's place. What it decides is settled for
 *   the conversation, also if nothing better held.
 * - KC4 A form that would bring the conversation back later than rows as they are is not stored at all.
 */

import { basisName } from "../../kv/codecs/transform-basis.ts";
import { endRate } from "../../kv/quality/rate-ladders.ts";
import type { LayerSharingMap } from "../../kv/sharing/select-pairs.ts";
import { epochNowMs } from "../../metrics/turn-timer.ts";
import type { ComparedForm } from "../../protocol/engine-measuring.ts";
import type { KvRoom } from "../../protocol/kv-store-api.ts";
import type { EngineMeasure } from "../../protocol/measures.ts";
import type { LossyLevel } from "../../protocol/quality.ts";
import { mostBackedUp, tokenBytes } from "../replay/backed-up-chunks.ts";
import type { ReplayingModel } from "../replay/kv-replay.ts";
import type { IdleTime } from "../sequence/idle-time.ts";
import type { KvStore } from "../sequence/kv-connection.ts";
import type {
  RestorableModel,
  StorableRows,
  TextModel,
  WatchedModel,
} from "../sequence/prepared-model.ts";
import type { DecodingWork } from "../sequence/restoration-costs.ts";
import { chooseMap } from "./choose-map.ts";
import { comparedForm, isUnjudged, type UnjudgedName } from "./compared-forms.ts";
import {
  detailOf,
  failureOf,
  judgedOutcome,
  type CompressionOutcome,
} from "./compression-report.ts";
import { FormStoring } from "./form-storing.ts";
import { FormVerdicts, verdictsRecord, type FormVerdict } from "./form-verdicts.ts";
import { judgeForms, type Judgement, type JudgingTerms } from "./judge-forms.ts";
import { isBasisWorthLearning, levelForms } from "./level-forms.ts";
import { planCompression, type CompressionJob, type OpenChunk } from "./plan-compression.ts";

/** Whose rows are coded, and what forms are judged by. */
export type CompressibleModel = ReplayingModel &
  StorableRows &
  WatchedModel &
  Pick<TextModel, "info"> &
  Pick<RestorableModel, "restorationCosts">;

interface CompressorParts {
  model: CompressibleModel;
  store: Pick<KvStore, "find" | "commit" | "room" | "deviceRecord" | "putDeviceRecord">;
  onMeasure: (measure: EngineMeasure) => void;
}

/** The resident conversation. */
interface CompressedConversation {
  conversationId: string;
  level: LossyLevel;
  /** Whether forms may be judged; if not, a form that nobody judged is not stored unless it is safe. */
  judges: boolean;
  /** The form to store rows in, instead of what the level would choose. */
  storedAs?: ComparedForm | undefined;
}

/** A job, and the conversation that it is of. */
interface Attempt {
  job: CompressionJob;
  conversation: CompressedConversation;
  time: IdleTime;
}

const NOTHING_JUDGED: Judgement = {
  accepted: undefined,
  measured: [],
  replayedTokens: 0,
  heldBytes: 0,
};

/** No room is left: the form of the fewest bytes is the best, however long it takes to come back. */
const CROWDED: KvRoom = { usedBytes: 1, limitBytes: 1 };

/** Undefined if the store does not say. */
async function roomIn(store: Pick<KvStore, "room">): Promise<KvRoom | undefined> {
  const room = await store.room();
  return room.ok ? room.value : undefined;
}

export class KvCompressor {
  readonly #parts: CompressorParts;
  readonly #storing: FormStoring;
  #verdicts: Promise<FormVerdicts> | undefined;
  #mayShare = false;

  constructor(parts: CompressorParts) {
    this.#parts = parts;
    this.#storing = new FormStoring(parts);
  }

  /** Whether layers might share rows in a conversation that nobody asks that of (FV4). */
  get mayShare(): boolean {
    return this.#mayShare;
  }

  /**
   * Whether a basis is worth learning, for this conversation and ones like it.
   *
   * @param decoding what it takes in the basis that would be learned
   */
  async isBasisWorthLearning(
    { level, storedAs }: Pick<CompressedConversation, "level" | "storedAs">,
    decoding: DecodingWork,
  ): Promise<boolean> {
    const { model } = this.#parts;
    const room = await this.#roomFor(storedAs);
    const terms = { level, tokens: model.resident.length, room };
    return isBasisWorthLearning(model, terms, decoding);
  }

  /** Resolves when what can be stored in fewer bytes is, or when a turn has interrupted it. */
  async run(conversation: CompressedConversation, time: IdleTime): Promise<void> {
    const startEpochMs = epochNowMs();
    const { model, store, onMeasure } = this.#parts;
    const job = await planCompression(model, store, conversation);
    if (time.signal.aborted) return;
    const outcome =
      job &&
      (await this.#compress({ job, conversation, time }).catch((error: unknown) => {
        return { failure: failureOf(error) };
      }));
    if (outcome) {
      const detail = detailOf(job, tokenBytes(model), outcome);
      onMeasure({ name: "kv.compress", startEpochMs, endEpochMs: epochNowMs(), detail });
    }
    await this.#storeTail(conversation, time);
  }

  /** KC5. What cannot be stored so stays as it is. */
  async #storeTail(conversation: CompressedConversation, time: IdleTime): Promise<void> {
    const { model } = this.#parts;
    const { level, storedAs } = conversation;
    if (time.signal.aborted || (storedAs && isUnjudged(storedAs))) return;
    const verdicts = await (this.#verdicts ??= this.#readVerdicts());
    const terms = { level, tokens: model.resident.length, verdicts, judges: false };
    const { worth } = levelForms(model, { ...terms, room: await this.#roomFor(storedAs) });
    const safe = worth.find((form) => form.kind === "safe");
    const settled = verdicts.settledForm(this.#settling(conversation))?.rate;
    const rate = (settled !== undefined && endRate(settled)) || safe?.rate;
    if (safe && rate) await this.#storing.tail(rate, conversation, time);
  }

  /** Undefined if the store does not say. */
  async #roomFor(storedAs: ComparedForm | undefined): Promise<KvRoom | undefined> {
    return storedAs === "fewest-bytes" ? CROWDED : roomIn(this.#parts.store);
  }

  /** @returns undefined if a turn began meanwhile, or if there was nothing to decide */
  async #compress(attempt: Attempt): Promise<CompressionOutcome | undefined> {
    const { storedAs } = attempt.conversation;
    if (storedAs && isUnjudged(storedAs)) return this.#storeAsked(storedAs, attempt);
    const verdicts = await (this.#verdicts ??= this.#readVerdicts());
    const settled = verdicts.settledForm(this.#settling(attempt.conversation));
    if (settled?.rate !== undefined)
      return this.#storing.settled(settled.rate, attempt.job, attempt.time);
    const isOpen = settled === undefined && attempt.conversation.judges;
    try {
      return await this.#storeBest(verdicts, isOpen, attempt);
    } finally {
      const { model, store } = this.#parts;
      this.#mayShare = verdicts.sharingHeld;
      void store.putDeviceRecord(verdictsRecord(model.kvFingerprint), verdicts.record);
    }
  }

  /** KC2, then KC3 and KC4. @param isOpen whether forms are judged */
  async #storeBest(
    verdicts: FormVerdicts,
    isOpen: boolean,
    attempt: Attempt,
  ): Promise<CompressionOutcome | undefined> {
    const { model } = this.#parts;
    const { job, conversation, time } = attempt;
    const room = await this.#roomFor(conversation.storedAs);
    const { worth, untransformed } = levelForms(model, {
      level: job.level,
      tokens: model.resident.length,
      verdicts,
      judges: isOpen,
      room,
    });
    const safe = worth.find((form) => form.kind === "safe");
    const stored = safe ? await this.#storing.safely(safe.rate, job, time) : undefined;
    if ((safe && !stored) || !isOpen || time.signal.aborted) return undefined;
    const chunks = stored?.chunks ?? job.chunks;
    const map = await this.#chooseMap(verdicts, conversation);
    const isWorthJudging = map.pairs.length > 0 || worth.some(({ kind }) => kind === "searched");
    const judgement = isWorthJudging
      ? await this.#judge(chunks, { level: job.level, forms: worth, map, verdicts }, time)
      : NOTHING_JUDGED;
    if (!judgement) return undefined;
    const { accepted } = judgement;
    if (accepted && accepted.candidate.map.pairs.length > 0) verdicts.holdSharing();
    else if (safe || accepted)
      verdicts.settle({ ...this.#settling(attempt.conversation), rate: accepted?.candidate.codec });
    const outcome: CompressionOutcome = {
      ...stored?.outcome,
      ...judgedOutcome(judgement, model.cache.layers.length),
      ...(untransformed && { untransformed }),
    };
    if (!accepted) return outcome;
    const bytesAfter = await this.#storing.judged(accepted.coded, { job, chunks }, time);
    return bytesAfter === undefined ? undefined : { ...outcome, bytesAfter };
  }

  /** KC3. The newest chunks are judged, as many as rows can be exchanged of at once. */
  async #judge(
    chunks: readonly OpenChunk[],
    { verdicts, ...terms }: Omit<JudgingTerms, "onVerdict"> & { verdicts: FormVerdicts },
    { signal, useCache }: IdleTime,
  ): Promise<Judgement | undefined> {
    const { model } = this.#parts;
    const runs = chunks.slice(-mostBackedUp(model));
    const onVerdict = (verdict: FormVerdict) => {
      verdicts.judged(verdict);
    };
    return useCache(judgeForms(model, runs, { ...terms, onVerdict }, signal));
  }

  /** Nobody judges the form: it is to be compared with others. */
  async #storeAsked(
    storedAs: UnjudgedName,
    { job, time }: Attempt,
  ): Promise<CompressionOutcome | undefined> {
    const { model } = this.#parts;
    const asked = comparedForm(storedAs, model.cache.shape, await chooseMap(model));
    return this.#storing.asked(asked, job, time);
  }

  /** FV4: which layers might share. None do unless sharing held before, or is asked for. */
  async #chooseMap(
    verdicts: FormVerdicts,
    { storedAs }: CompressedConversation,
  ): Promise<LayerSharingMap> {
    const { model } = this.#parts;
    const mayShare = storedAs === "krul-judged" || verdicts.sharingHeld;
    return mayShare ? chooseMap(model) : { layers: model.cache.layers.length, pairs: [] };
  }

  #settling({ conversationId, level }: Pick<CompressedConversation, "conversationId" | "level">) {
    const { valueCoder, resident } = this.#parts.model;
    return { conversationId, level, basis: basisName(valueCoder.basis), tokens: resident.length };
  }

  async #readVerdicts(): Promise<FormVerdicts> {
    const { model, store } = this.#parts;
    const kept = await store.deviceRecord(verdictsRecord(model.kvFingerprint));
    const verdicts = new FormVerdicts(kept.ok ? kept.value : undefined);
    this.#mayShare = verdicts.sharingHeld;
    return verdicts;
  }
}
