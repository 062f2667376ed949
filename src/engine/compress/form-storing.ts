/**
 * @file Stores chunks in forms that need no judging any more, or never did:
 *
 * - KC1 Chunks of a conversation whose form is settled are stored in it at once, unjudged (FV3).
 * - KC2 Otherwise they are stored in a safe form first, in seconds and without judging, so that little is lost if the
 *   tab is closed or a turn begins.
 * - KC5 What is too recent for a level's form, or no full chunk yet, is stored in a finer one of its kind, or else in a
 *   safe form, where there is something before it. In a conversation of 2,000 tokens it would otherwise take as many bytes
 *   as all the rest.
 *
 * What is judged, and by which rules: kv-compressor.ts.
 */

import { storedForm } from "../../kv/quality/stored-forms.ts";
import type { StoredForm } from "../../kv/value/stored-form.ts";
import { epochNowMs } from "../../metrics/turn-timer.ts";
import type { EngineMeasure } from "../../protocol/measures.ts";
import { assert } from "../../shared/assert.ts";
import { tokenBytes } from "../replay/backed-up-chunks.ts";
import { codedBytes, type CodedChunks } from "../replay/coded-chunks.ts";
import type { IdleTime } from "../sequence/idle-time.ts";
import type { KvStore } from "../sequence/kv-connection.ts";
import type { CachedRows, StorableRows } from "../sequence/prepared-model.ts";
import { commitCoded } from "./commit-coded.ts";
import type { UnjudgedForm } from "./compared-forms.ts";
import {
  formOutcome,
  strategyOf,
  unjudgedOutcome,
  type CompressionOutcome,
} from "./compression-report.ts";
import type { CompressedConversation, CompressionJob, OpenChunk } from "./plan-compression.ts";
import { planTail } from "./plan-tail.ts";
import { storeChunks, storeSafely } from "./store-chunks.ts";

interface StoringParts {
  model: Pick<CachedRows, "cache" | "resident"> & StorableRows;
  store: Pick<KvStore, "find" | "commit">;
  onMeasure: (measure: EngineMeasure) => void;
}

/** Chunks as they are stored now, and what is to be said of that. */
interface SafelyStored {
  chunks: readonly OpenChunk[];
  outcome: CompressionOutcome;
}

/** Chunks that were stored in a safe form, for the measure of it. */
interface ToldSafe {
  chunks: readonly OpenChunk[];
  form: StoredForm;
  bytesAfter: number;
  startEpochMs: number;
}

export class FormStoring {
  readonly #parts: StoringParts;

  constructor(parts: StoringParts) {
    this.#parts = parts;
  }

  /** KC1. @returns undefined if a turn began */
  async settled(
    rate: string,
    job: CompressionJob,
    time: IdleTime,
  ): Promise<CompressionOutcome | undefined> {
    const { layers } = this.#parts.model.cache;
    const form = this.#formOf(rate);
    const bytesAfter = await this.#store(job.chunks, form, job, time);
    if (bytesAfter === undefined) return undefined;
    const strategy = strategyOf({ codec: rate, map: { layers: layers.length, pairs: [] } });
    return { ...formOutcome(form, layers.length), strategy, bytesAfter };
  }

  /** A form that is to be compared with others, and that nobody judges. @returns undefined if a turn began */
  async asked(
    asked: UnjudgedForm,
    job: CompressionJob,
    time: IdleTime,
  ): Promise<CompressionOutcome | undefined> {
    const bytesAfter = await this.#store(job.chunks, asked.form, job, time);
    if (bytesAfter === undefined) return undefined;
    return { ...unjudgedOutcome(asked, this.#parts.model.cache.layers.length), bytesAfter };
  }

  /** KC2. @returns the chunks as they are stored then; undefined if a turn began */
  async safely(
    rate: string,
    job: CompressionJob,
    time: IdleTime,
  ): Promise<SafelyStored | undefined> {
    const startEpochMs = epochNowMs();
    const form = this.#formOf(rate);
    const isPlain = job.chunks.map(({ codedBytes: coded }) => coded === undefined);
    const chunks = await storeSafely(this.#parts, job, form, time);
    if (!chunks) return undefined;
    const layers = this.#parts.model.cache.layers.length;
    const outcome = { ...formOutcome(form, layers), bytesAfter: codedBytesOf(chunks) };
    const added = chunks.filter((_, i) => isPlain[i]);
    if (added.length > 0)
      this.#tellSafe(job, { chunks: added, form, bytesAfter: codedBytesOf(added), startEpochMs });
    return { chunks, outcome };
  }

  /** KC5. What cannot be stored so stays as it is. */
  async tail(rate: string, conversation: CompressedConversation, time: IdleTime): Promise<void> {
    const { model, store } = this.#parts;
    const job = await planTail(model, store, conversation);
    if (!job) return;
    const startEpochMs = epochNowMs();
    const stored = { chunks: job.chunks, form: this.#formOf(rate), lineage: "safe" } as const;
    const bytes = await storeChunks(this.#parts, job, stored, time).catch(() => undefined);
    if (bytes) this.#tellSafe(job, { ...stored, bytesAfter: sum(bytes), startEpochMs });
  }

  /**
   * Stores what was judged as it was coded then, and the chunks before it in the same form.
   *
   * @returns the bytes of all; undefined if a turn began
   */
  async judged(
    coded: CodedChunks,
    { job, chunks }: { job: CompressionJob; chunks: readonly OpenChunk[] },
    time: IdleTime,
  ): Promise<number | undefined> {
    const { model, store } = this.#parts;
    const others = chunks.length - coded.values.length;
    // Storing transfers the values away.
    const judgedBytes = codedBytes(coded);
    const lineage = job.level;
    await commitCoded(model, store, job, { ...coded, chunks: chunks.slice(others), lineage });
    const bytes = await this.#store(chunks.slice(0, others), coded.form, job, time);
    return bytes === undefined ? undefined : bytes + judgedBytes;
  }

  async #store(
    chunks: readonly OpenChunk[],
    form: StoredForm,
    job: CompressionJob,
    time: IdleTime,
  ): Promise<number | undefined> {
    const stored = { chunks, form, lineage: job.level };
    const bytes = await storeChunks(this.#parts, job, stored, time);
    return bytes && sum(bytes);
  }

  /** What rows are stored as at a rate, if no layers share. */
  #formOf(rate: string): StoredForm {
    const { layers, shape } = this.#parts.model.cache;
    const form = storedForm({ codec: rate, map: { layers: layers.length, pairs: [] } }, shape);
    assert(form !== undefined, "rows as they are have no form");
    return form;
  }

  #tellSafe({ conversationId }: Pick<CompressionJob, "conversationId">, stored: ToldSafe): void {
    const { model, onMeasure } = this.#parts;
    const { chunks, form, bytesAfter, startEpochMs } = stored;
    const { codec } = formOutcome(form, model.cache.layers.length);
    const bytesBefore = sum(chunks.map(({ tokens }) => tokens)) * tokenBytes(model);
    const detail = { conversationId, codec, chunks: chunks.length, bytesBefore, bytesAfter };
    onMeasure({ name: "kv.safe", startEpochMs, endEpochMs: epochNowMs(), detail });
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

const codedBytesOf = (chunks: readonly OpenChunk[]): number =>
  sum(chunks.map(({ codedBytes: bytes = 0 }) => bytes));
