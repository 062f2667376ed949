import type { LayerSharingMap } from "../../kv/sharing/select-pairs.ts";
import { epochNowMs } from "../../metrics/turn-timer.ts";
import type { ComparedForm } from "../../protocol/engine-measuring.ts";
import type { EngineMeasure } from "../../protocol/measures.ts";
import type { LossyLevel } from "../../protocol/quality.ts";
import type { IdleTime } from "../sequence/idle-time.ts";
import type { ReplayingModel } from "../replay/kv-replay.ts";
import type { KvStore } from "../sequence/kv-connection.ts";
import type { RestorableModel, StorableRows, WatchedModel } from "../sequence/prepared-model.ts";
import { chooseMap } from "./choose-map.ts";
import { tokenBytes } from "../replay/backed-up-chunks.ts";
import { encodeChunks, type CodedChunks } from "../replay/coded-chunks.ts";
import { commitCoded } from "./commit-coded.ts";
import { comparedForm } from "./compared-forms.ts";
import {
  detailOf,
  failureOf,
  judgedOutcome,
  unjudgedOutcome,
  type CompressionOutcome,
} from "./compression-report.ts";
import { whyUntransformed } from "./first-candidates.ts";
import { judgeForms } from "./judge-forms.ts";
import { namesOf, planCompression, type CompressionJob } from "./plan-compression.ts";

/** Whose rows are coded, and what forms are judged by. */
export type CompressibleModel = ReplayingModel &
  StorableRows &
  WatchedModel &
  Pick<RestorableModel, "restorationCosts">;

interface CompressorParts {
  model: CompressibleModel;
  store: Pick<KvStore, "find" | "commit">;
  onMeasure: (measure: EngineMeasure) => void;
}

/** The resident conversation. */
interface CompressedConversation {
  conversationId: string;
  level: LossyLevel;
  /** The form to store rows in, instead of what the level would choose. */
  storedAs?: ComparedForm | undefined;
}

/** The chunks in another form, if one was found, and what is reported of that. */
interface Attempt {
  coded: CodedChunks | undefined;
  outcome: CompressionOutcome;
}

/**
 * Stores what has left the recent window of a conversation in fewer bytes, as far as what comes next
 * holds the level's budget.
 */
export class KvCompressor {
  readonly #parts: CompressorParts;
  /** Chunks that no form held for: they stay as they are while this model is loaded. */
  readonly #refused = new Set<string>();
  /** Conversations in which sharing lost to fewer bits, or to the budget. */
  readonly #unshared = new Set<string>();

  constructor(parts: CompressorParts) {
    this.#parts = parts;
  }

  /** Resolves when what can be stored in fewer bytes is, or when a turn has interrupted it. */
  async run(conversation: CompressedConversation, time: IdleTime): Promise<void> {
    const startEpochMs = epochNowMs();
    const { model, store, onMeasure } = this.#parts;
    const job = await planCompression(model, store, conversation, this.#refused);
    if (!job || time.signal.aborted) return;
    const outcome = await this.#compress(job, conversation.storedAs, time);
    if (!outcome) return;
    const detail = detailOf(job, tokenBytes(model), outcome);
    onMeasure({ name: "kv.compress", startEpochMs, endEpochMs: epochNowMs(), detail });
  }

  /** @returns undefined if a turn began meanwhile */
  async #compress(
    job: CompressionJob,
    storedAs: ComparedForm | undefined,
    time: IdleTime,
  ): Promise<CompressionOutcome | undefined> {
    const { model, store } = this.#parts;
    const untransformed = storedAs ? undefined : whyUntransformed(model, job);
    let outcome: CompressionOutcome = untransformed ? { untransformed } : {};
    try {
      const attempt = storedAs
        ? await this.#encodeAs(storedAs, job, time)
        : await this.#encodeWithinBudget(job, time);
      if (!attempt) return undefined;
      outcome = { ...outcome, ...attempt.outcome };
      if (attempt.coded) await commitCoded(model, store, job, attempt.coded);
      return outcome;
    } catch (error) {
      return { ...outcome, failure: failureOf(error) };
    }
  }

  async #encodeWithinBudget(job: CompressionJob, time: IdleTime): Promise<Attempt | undefined> {
    const { model } = this.#parts;
    const judge = async () => {
      const map = await this.#chooseMap(job.conversationId);
      const judgement = time.signal.aborted
        ? undefined
        : await judgeForms(model, job, map, time.signal);
      return judgement && { map, judgement };
    };
    const judged = await time.useCache(judge());
    if (!judged) return undefined;
    const { map, judgement } = judged;
    const { accepted } = judgement.verdict;
    if (map.pairs.length > 0 && accepted.map.pairs.length === 0)
      this.#unshared.add(job.conversationId);
    if (!judgement.coded) for (const name of namesOf(job)) this.#refused.add(name);
    const outcome = judgedOutcome(judgement, model.cache.layers.length);
    return { coded: judgement.coded, outcome };
  }

  /** Nobody judges the form: it is to be compared with others. */
  async #encodeAs(
    storedAs: ComparedForm,
    { runs, conversationId }: CompressionJob,
    { signal, useCache }: IdleTime,
  ): Promise<Attempt | undefined> {
    const { model } = this.#parts;
    const map = await this.#chooseMap(conversationId);
    const unjudged = comparedForm(storedAs, model.cache.shape, map);
    const coded = await useCache(encodeChunks(model, runs, unjudged.form, signal));
    return coded && { coded, outcome: unjudgedOutcome(unjudged, coded, model.cache.layers.length) };
  }

  async #chooseMap(conversationId: string): Promise<LayerSharingMap> {
    const { model } = this.#parts;
    if (this.#unshared.has(conversationId)) return { layers: model.cache.layers.length, pairs: [] };
    return chooseMap(model);
  }
}
