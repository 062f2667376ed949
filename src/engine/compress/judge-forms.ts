import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { basisName } from "../../kv/codecs/transform-basis.ts";
import {
  guard,
  QUALITY_BUDGETS,
  type CandidateMeasure,
  type CompressionCandidate,
} from "../../kv/quality/quality-guard.ts";
import { canShare, familyOfRate, safeRate } from "../../kv/quality/rate-ladders.ts";
import { nextRate, type JudgedRate } from "../../kv/quality/rate-search.ts";
import { storedForm } from "../../kv/quality/stored-forms.ts";
import type { LayerSharingMap } from "../../kv/sharing/select-pairs.ts";
import type { ChunkRun } from "../../kv/value/stored-form.ts";
import type { LossyLevel } from "../../protocol/quality.ts";
import { assert } from "../../shared/assert.ts";
import { tokenBytes } from "../replay/backed-up-chunks.ts";
import { codedBytes, encodeChunks, type CodedChunks } from "../replay/coded-chunks.ts";
import { KvReplay, type ReplayingModel } from "../replay/kv-replay.ts";
import type { FormVerdict } from "./form-verdicts.ts";
import type { LevelForm, SearchedForm } from "./level-forms.ts";

/** A form that was measured. */
export interface Measured {
  candidate: CompressionCandidate;
  measure: CandidateMeasure;
}

/** What the guard decided. */
export interface Judgement {
  /** The form that holds, and the chunks in it. Undefined if none does. */
  accepted: (Measured & { coded: CodedChunks }) | undefined;
  /** All that were measured, in order. */
  measured: readonly Measured[];
  /** Tokens that were run through the model, counted each time. */
  replayedTokens: number;
  /** Bytes that were held for it beside the cache: rows that were to be put back, right distributions, coded chunks. */
  heldBytes: number;
}

export interface JudgingTerms {
  level: LossyLevel;
  /** The forms that are worth trying, the best first. The first that holds stands. */
  forms: readonly LevelForm[];
  /** Layers that might share. Sharing is tried before anything else, where there are any. */
  map: LayerSharingMap;
  /** Told of every rate that was measured without sharing. */
  onVerdict: (verdict: FormVerdict) => void;
}

/**
 * Tries forms on the resident conversation until one holds the level's budget. The cache holds other rows meanwhile.
 *
 * @param runs the chunks that are tried in other forms
 * @returns undefined if the signal was aborted
 */
export async function judgeForms(
  model: ReplayingModel,
  runs: readonly ChunkRun[],
  terms: JudgingTerms,
  signal: AbortSignal,
): Promise<Judgement | undefined> {
  const judge = new FormJudge(model, runs, terms, signal);
  try {
    await judge.judgeAll();
    return judge.judgement;
  } catch (error) {
    if (error instanceof Interrupted) return undefined;
    throw error;
  } finally {
    judge.end();
  }
}

/** Thrown when a turn began. */
class Interrupted extends Error {}

class FormJudge {
  readonly #model: ReplayingModel;
  readonly #runs: readonly ChunkRun[];
  readonly #terms: JudgingTerms;
  readonly #signal: AbortSignal;
  readonly #replay: KvReplay;
  readonly measured: Measured[] = [];
  readonly #coded = new Map<CompressionCandidate, CodedChunks>();
  accepted: Judgement["accepted"];

  constructor(
    model: ReplayingModel,
    runs: readonly ChunkRun[],
    terms: JudgingTerms,
    signal: AbortSignal,
  ) {
    this.#model = model;
    this.#runs = runs;
    this.#terms = terms;
    this.#signal = signal;
    this.#replay = new KvReplay(model, runs, signal);
  }

  get judgement(): Judgement {
    const { accepted, measured } = this;
    const coded = [...this.#coded.values()].reduce((sum, one) => sum + codedBytes(one), 0);
    const heldBytes = this.#replay.heldBytes + coded;
    return { accepted, measured, replayedTokens: this.#replay.tokensRun, heldBytes };
  }

  /** Ends the replay: the rows are as they were. */
  end(): void {
    this.#replay.end();
  }

  async judgeAll(): Promise<void> {
    const { forms, map } = this.#terms;
    if (map.pairs.length > 0) await this.#tryPairs();
    for (const form of forms) {
      if (this.accepted) return;
      if (form.kind === "searched") await this.#search(form);
    }
  }

  /** Judges what shares, from the first rate at which layers can, by rules QG1 to QG7. */
  async #tryPairs(): Promise<void> {
    const { level, forms, map } = this.#terms;
    const rates = forms.flatMap((form) => (form.kind === "searched" ? this.#firstRate(form) : []));
    const codec = [...rates, safeRate()].find(
      (rate) => rate !== undefined && canShare(rate, this.#model.cache.shape),
    );
    if (codec === undefined) return;
    const budget = QUALITY_BUDGETS[level];
    const { accepted } = await guard({ map, codec }, (one) => this.#measure(one), budget);
    this.#accept(accepted);
  }

  /** Judges rates of one family by rules RS1 to RS6. */
  async #search({ ladder, earlier }: SearchedForm): Promise<void> {
    const budget = QUALITY_BUDGETS[this.#terms.level];
    const judged: JudgedRate[] = [];
    for (;;) {
      const step = nextRate(ladder, budget, { judged, earlier });
      if ("none" in step) return;
      if ("accept" in step) {
        const held = this.measured.findLast(({ candidate }) => candidate.codec === step.accept);
        assert(held !== undefined, "what is accepted was judged");
        this.#accept(held.candidate);
        return;
      }
      const measure = await this.#measure({ codec: step.judge, map: this.#unshared });
      judged.push({ rate: step.judge, measure });
    }
  }

  #firstRate({ ladder, earlier }: SearchedForm): string[] {
    const step = nextRate(ladder, QUALITY_BUDGETS[this.#terms.level], { judged: [], earlier });
    return "judge" in step ? [step.judge] : [];
  }

  async #measure(candidate: CompressionCandidate): Promise<CandidateMeasure> {
    const model = this.#model;
    const form = storedForm(candidate, model.cache.shape);
    assert(form !== undefined, "rows as they are need not be judged");
    const coded = await encodeChunks(model, this.#runs, form, this.#signal);
    const quality = coded && (await this.#replay.measure(coded.values));
    if (!quality) throw new Interrupted();
    const measure = { ...quality, bytes: codedBytes(coded) };
    this.#coded.set(candidate, coded);
    this.measured.push({ candidate, measure });
    if (candidate.map.pairs.length === 0) this.#tell(candidate.codec, measure);
    return measure;
  }

  #tell(rate: string, { bytes, ...measure }: CandidateMeasure): void {
    const { meanKl, p95Kl, flips } = measure;
    const { valueCoder } = this.#model;
    const basis = familyOfRate(rate).needsBasis ? basisName(valueCoder.basis) : undefined;
    const exactBytes = this.#runs.length * CHUNK_TOKENS * tokenBytes(this.#model);
    const share = Math.min(1, bytes / exactBytes);
    this.#terms.onVerdict({ rate, measure: { meanKl, p95Kl, flips }, basis, share });
  }

  #accept(candidate: CompressionCandidate): void {
    const coded = this.#coded.get(candidate);
    const measure = this.measured.findLast((one) => one.candidate === candidate)?.measure;
    // What was not measured is a safe form, or rows as they are: nothing better holds.
    if (coded && measure) this.accepted = { candidate, measure, coded };
  }

  get #unshared(): LayerSharingMap {
    return { layers: this.#model.cache.layers.length, pairs: [] };
  }
}
