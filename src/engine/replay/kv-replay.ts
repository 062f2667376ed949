import { layerGroups } from "../../kv/cache/chunk-layout.ts";
import { RowBackup } from "../../kv/cache/row-backup.ts";
import { summarize, type QualityMeasure } from "../../kv/quality/measure-distances.ts";
import { nextTokenDistance, type NextTokenDistance } from "../../kv/quality/next-token-distance.ts";
import type { ChunkRun } from "../../kv/value/stored-form.ts";
import { SlicedReplay } from "../../model/forward/sliced-replay.ts";
import { cacheIndexOf } from "../../model/kv-layers.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import type {
  CachedRows,
  RunnableModel,
  StorableRows,
  TextModel,
} from "../sequence/prepared-model.ts";
import { BACKUP_BYTES, mostLayers, REPLAYED_BYTES, tokenBytes } from "./backed-up-chunks.ts";
import type { ChunkValues } from "./coded-chunks.ts";
import { DecodedLayers } from "./decoded-layers.ts";
import { layerBatches, type LayerBatch } from "./layer-batches.ts";
import { PacedWork } from "../../model/forward/paced-work.ts";

/** Most tokens of a conversation's end that are run again, if its vocabulary is not too large. */
export const REPLAY_TOKENS = 96;
/** The right distributions of a replay take this much memory at most. */
const REPLAY_BYTES = 32 * 2 ** 20;

/** What running a conversation again needs of a model. */
export type ReplayingModel = CachedRows &
  Pick<TextModel, "config"> &
  Pick<StorableRows, "valueCoder"> &
  Pick<RunnableModel, "transformer">;

/** How much a replay takes. */
export interface ReplayLimits {
  /** The most tokens at the conversation's end that are run again. */
  tokens?: number;
  /** The most bytes of rows that are kept beside the cache, for layers that hold others. */
  backupBytes?: number;
}

/** Rows that the chunks have instead of their own. */
export interface ExchangedRows {
  /** The layers of the cache that have other rows; all of them if absent. */
  layers?: IndexRange;
  /** Submits the writing of rows of the chunks in these layers of the cache, and in no others. */
  write: (cached: readonly number[]) => Promise<void> | void;
}

/**
 * The end of a conversation, run again teacher-forced: on top of its rows as they are, and on top of what comes back of
 * a form that they might be stored in. A few layers at a time hold other rows, and have their own again before the next
 * ones do. Nothing else may use the cache while a method runs.
 */
export class KvReplay {
  readonly #model: ReplayingModel;
  readonly #runs: readonly ChunkRun[];
  readonly #signal: AbortSignal;
  readonly #replayed: IndexRange;
  readonly #batches: readonly LayerBatch[];
  readonly #replay: SlicedReplay;
  readonly #pace: PacedWork;
  /** All layers' rows of the tokens that are run again. They come out a little different from those of a reply. */
  readonly #recent: RowBackup;
  /** The chunks' rows of the layers that hold others. */
  readonly #backup: RowBackup;
  /** The rows of one chunk that are overwritten by the way. */
  readonly #aside: RowBackup;
  #right: readonly Float32Array[] | undefined;
  #tokensRun = 0;

  /** @param runs the chunks whose form is judged: all before the recent window */
  constructor(
    model: ReplayingModel,
    runs: readonly ChunkRun[],
    signal: AbortSignal,
    { tokens: mostTokens = REPLAY_TOKENS, backupBytes = BACKUP_BYTES }: ReplayLimits = {},
  ) {
    const { resident, hardware, transformer, config, cache } = model;
    this.#model = model;
    this.#runs = runs;
    this.#signal = signal;
    const coded = Math.max(...runs.map(({ start, tokens }) => start + tokens));
    const start = Math.max(coded, resident.length - tokensToRun(model, mostTokens));
    assert(start < resident.length, "there is nothing behind the chunks");
    this.#replayed = { start, end: resident.length };
    const tokens = Uint32Array.from(resident.tokens.slice(start));
    this.#replay = new SlicedReplay(hardware.device, transformer, config.layers, {
      tokens,
      start,
      signal,
    });
    this.#pace = new PacedWork(hardware.device);
    const exchanged = runs.reduce((sum, run) => sum + run.tokens, 0);
    const recentBytes = tokens.length * tokenBytes(model);
    this.#batches = layerBatches({
      cacheOf: Array.from({ length: config.layers }, (_, layer) => cacheIndexOf(config, layer)),
      groups: layerGroups(cache.shape),
      mostCached: mostLayers(model, exchanged, backupBytes - recentBytes),
    });
    this.#recent = new RowBackup(hardware.device, cache);
    this.#backup = new RowBackup(hardware.device, cache);
    this.#aside = new RowBackup(hardware.device, cache);
  }

  /** How many tokens were run through the model so far. */
  get tokensRun(): number {
    return this.#tokensRun;
  }

  /** Bytes that are held beside the cache: rows that are to be put back, and the right distributions. */
  get heldBytes(): number {
    const rows = this.#recent.bytes + this.#backup.bytes + this.#aside.bytes;
    return (this.#right ?? []).reduce((sum, { byteLength }) => sum + byteLength, rows);
  }

  /**
   * How far the next-token distributions are from the right ones if the chunks come back from `values`.
   *
   * @param values of each chunk, by layer group
   * @returns undefined if the signal was aborted
   */
  measure(values: readonly ChunkValues[]): Promise<QualityMeasure | undefined> {
    const terms = { aside: this.#aside, pace: this.#pace, signal: this.#signal };
    const decoded = new DecodedLayers(this.#model, { runs: this.#runs, values }, terms);
    return this.judge({ write: (cached) => decoded.write(cached) });
  }

  /** Judges any other rows in the same way. */
  async judge(rows: ExchangedRows): Promise<QualityMeasure | undefined> {
    this.#right ??= await this.#rightLogits();
    const right = this.#right;
    if (!right) return undefined;
    const distances: NextTokenDistance[] = [];
    const isDone = await this.#run(rows, (token, logits) => {
      distances.push(nextTokenDistance(right[token] ?? new Float32Array(), logits));
    });
    return isDone ? summarize(distances) : undefined;
  }

  /** Ends the replay, and frees what it took. */
  end(): void {
    this.#recent.destroy();
    this.#backup.destroy();
    this.#aside.destroy();
  }

  /** Logits after each of the last tokens on top of the right rows: [tokens][activeVocab]. */
  async #rightLogits(): Promise<Float32Array[] | undefined> {
    const right: Float32Array[] = [];
    const isDone = await this.#run(undefined, (_, logits) => right.push(logits));
    return isDone ? right : undefined;
  }

  /** @returns false if the signal was aborted */
  async #run(
    rows: ExchangedRows | undefined,
    visit: (token: number, logits: Float32Array) => void,
  ): Promise<boolean> {
    this.#recent.save(this.#model.cache.layers.keys(), [this.#replayed]);
    try {
      for (const batch of this.#batches)
        if (!(await this.#runBatch(batch, rows && within(batch, rows)))) return false;
    } finally {
      this.#recent.putBack();
    }
    this.#tokensRun += this.#replayed.end - this.#replayed.start;
    return this.#replay.logits(visit);
  }

  /** @param rows those of some layers of the batch, if they have others */
  async #runBatch(
    { layers }: LayerBatch,
    rows: { cached: readonly number[]; write: ExchangedRows["write"] } | undefined,
  ): Promise<boolean> {
    if (!rows) return this.#replay.run(layers);
    const chunks = this.#runs.map(({ start, tokens }) => ({ start, end: start + tokens }));
    this.#backup.save(rows.cached, chunks);
    try {
      await rows.write(rows.cached);
      return !this.#signal.aborted && (await this.#replay.run(layers));
    } finally {
      this.#backup.putBack();
    }
  }
}

/** The rows of a batch's layers. Undefined if none of these have others. */
function within({ cached }: LayerBatch, { layers, write }: ExchangedRows) {
  const own = cached.filter((one) => !layers || (layers.start <= one && one < layers.end));
  return own.length > 0 ? { cached: own, write } : undefined;
}

/** How many tokens at a conversation's end may be run again. */
function tokensToRun(model: ReplayingModel, mostTokens: number): number {
  const { config, transformer } = model;
  const kept = Math.floor(REPLAY_BYTES / (config.vocab * 4));
  const rows = Math.floor(REPLAYED_BYTES / tokenBytes(model));
  return Math.max(1, Math.min(mostTokens, kept, rows, transformer.replayedTokens));
}
