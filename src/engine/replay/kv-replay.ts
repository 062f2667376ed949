import { RowBackup } from "../../kv/cache/row-backup.ts";
import { decodeChunkValue } from "../../kv/value/chunk-value.ts";
import { measureDistances, type QualityMeasure } from "../../kv/quality/measure-distances.ts";
import { valueShapes, type ChunkRun } from "../../kv/value/stored-form.ts";
import { replay } from "../../model/forward/replay.ts";
import { assert } from "../../shared/assert.ts";
import type {
  CachedRows,
  RunnableModel,
  StorableRows,
  TextModel,
} from "../sequence/prepared-model.ts";

/** Most tokens of a conversation's end that are run again, if its vocabulary is not too large. */
const REPLAY_TOKENS = 128;
/** The right distributions of a replay take this much memory at most. */
const REPLAY_BYTES = 32 * 2 ** 20;

/** What running a conversation again needs of a model. */
export type ReplayingModel = CachedRows &
  Pick<TextModel, "config"> &
  Pick<StorableRows, "valueCoder"> &
  Pick<RunnableModel, "transformer">;

type Values = readonly Uint8Array<ArrayBuffer>[];

/**
 * The end of a conversation, run again teacher-forced: on top of its rows as they are, and on top of what
 * comes back of a form that they might be stored in. In between the cache holds other rows: nothing else
 * may use it until `end` was called.
 */
export class KvReplay {
  readonly #model: ReplayingModel;
  readonly #runs: readonly ChunkRun[];
  readonly #signal: AbortSignal;
  readonly #tokens: readonly number[];
  readonly #start: number;
  readonly #backup: RowBackup;
  #right: readonly Float32Array[] | undefined;

  /**
   * @param runs the chunks whose form is judged: all before the recent window
   * @param mostTokens the most tokens at the end that are run again
   */
  constructor(
    model: ReplayingModel,
    runs: readonly ChunkRun[],
    signal: AbortSignal,
    mostTokens = REPLAY_TOKENS,
  ) {
    const { resident, hardware, transformer, config } = model;
    this.#model = model;
    this.#runs = runs;
    this.#signal = signal;
    this.#tokens = resident.tokens.slice();
    const end = this.#tokens.length;
    const most = Math.min(mostTokens, Math.floor(REPLAY_BYTES / (config.vocab * 4)));
    const coded = Math.max(...runs.map(({ start, tokens }) => start + tokens));
    this.#start = Math.max(coded, end - most);
    assert(this.#start < end, "there is nothing behind the chunks");
    const rows = runs.map(({ start, tokens }) => ({ start, end: start + tokens }));
    const replayed = { start: this.#start, end };
    this.#backup = new RowBackup(hardware.device, transformer.cache, [...rows, replayed]);
  }

  /**
   * How far the next-token distributions are from the right ones if the chunks come back from `values`.
   *
   * @param values of each chunk, by layer group
   * @returns undefined if the signal was aborted
   */
  measure(values: readonly Values[]): Promise<QualityMeasure | undefined> {
    return this.judge(() => this.#decode(values));
  }

  /** Judges any other rows in the same way. @param change submits the writing of rows of the chunks */
  async judge(change: () => Promise<void> | void): Promise<QualityMeasure | undefined> {
    this.#right ??= await this.#logits();
    if (!this.#right) return undefined;
    try {
      await change();
      const logits = await this.#logits();
      return logits && measureDistances(this.#right, logits);
    } finally {
      this.#backup.putBack();
    }
  }

  /** Ends the replay: whatever is submitted after this sees the rows as they were. */
  end(): void {
    this.#backup.destroy();
  }

  async #decode(values: readonly Values[]): Promise<void> {
    const { valueCoder, transformer } = this.#model;
    for (const [i, { start, tokens }] of this.#runs.entries())
      for (const [group, shape] of valueShapes(transformer.cache.shape, tokens).entries()) {
        const value = decodeChunkValue(shape, values[i]?.[group] ?? new Uint8Array());
        const run = { start, tokens, skip: 0 };
        const isDecoded = value && (await valueCoder.decode(value, run));
        assert(isDecoded, "a value that was just coded cannot be decoded");
      }
  }

  /** Logits after each of the last tokens: [tokens][activeVocab]. */
  #logits(): Promise<Float32Array[] | undefined> {
    const tokens = Uint32Array.from(this.#tokens.slice(this.#start));
    const options = { start: this.#start, signal: this.#signal };
    return replay(this.#model.transformer, tokens, options);
  }
}
