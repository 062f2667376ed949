/**
 * @file Choose the next token from one row of logits.
 *
 * Rules, in the order they apply; the tests cite them:
 *   SA1  Ids at or past `activeVocab` are never chosen: a model's table is padded.
 *   SA2  A NaN among the others, or none that is finite, is a bug.
 *   SA3  Repetition penalty (CTRL, arXiv:1909.05858): each token seen, once however often it was
 *        seen, has a positive logit divided and a negative one multiplied.
 *   SA4  Temperature 0 takes the likeliest token, the lowest id on a tie, and draws nothing.
 *   SA5  Temperature: probabilities are softmax(logits / temperature).
 *   SA6  Top-k keeps the k likeliest, lower ids first on a tie; 0 keeps all.
 *   SA7  Min-p (arXiv:2407.01082) keeps those at least `minP` times as likely as the likeliest.
 *   SA8  Top-p (arXiv:1904.09751) keeps the fewest likeliest whose probability, among what SA6 kept,
 *        reaches `topP`; at least one.
 *   SA9  One number is drawn, and the token is chosen among the kept in proportion.
 */

import type { SamplingDefaults, SamplingOptions } from "../protocol/engine-api.ts";
import { assert } from "../shared/assert.ts";

export type SamplerSettings = Required<
  Pick<SamplingOptions, "temperature" | "topK" | "topP" | "minP" | "repetitionPenalty">
>;

/** The settings that were asked for, completed by the model's defaults. */
export function samplerSettings(
  options: SamplingOptions,
  defaults: SamplingDefaults,
): SamplerSettings {
  const settings = {
    temperature: options.temperature ?? defaults.temperature,
    topK: options.topK ?? 0,
    topP: options.topP ?? defaults.topP,
    minP: options.minP ?? 0,
    repetitionPenalty: options.repetitionPenalty ?? defaults.repetitionPenalty,
  };
  assert(settings.temperature >= 0, "temperature is negative");
  assert(Number.isSafeInteger(settings.topK) && settings.topK >= 0, "top-k is not a count");
  assert(settings.topP >= 0 && settings.topP <= 1, "top-p is not a probability");
  assert(settings.minP >= 0 && settings.minP <= 1, "min-p is not a ratio");
  assert(settings.repetitionPenalty > 0, "repetition penalty is not positive");
  return settings;
}

/** Draws a number, uniform in [0, 1), in steps of 2^-32. */
export type Random = () => number;

/**
 * The generator sfc32 of Chris Doty-Humphrey's PractRand (public domain), seeded as its `seed(Uint64)` does.
 *
 * @param seed a safe integer; the same seed gives the same numbers
 */
export function createRandom(seed: number): Random {
  assert(Number.isSafeInteger(seed), "a seed is not a safe integer");
  let a = 0;
  let b = seed | 0;
  let c = Math.floor(seed / 2 ** 32) | 0;
  let counter = 1;
  const next = () => {
    const out = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    return (out >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}

/**
 * Chooses tokens by the rules above. It keeps nothing between calls but scratch space of 16 bytes for each token of the
 * vocabulary.
 */
export class Sampler {
  /** The logits after the repetition penalty. */
  readonly #logits: Float32Array;
  /** Each token's probability, divided by that of the likeliest, by id. Only the ids in `#ids` are set. */
  readonly #weights: Float64Array;
  /** The candidates. While they are being selected, they are a heap with the least likely at its root. */
  readonly #ids: Int32Array;

  constructor(readonly activeVocab: number) {
    this.#logits = new Float32Array(activeVocab);
    this.#weights = new Float64Array(activeVocab);
    this.#ids = new Int32Array(activeVocab);
  }

  /**
   * Chooses the id of the next token.
   *
   * @param logits `activeVocab` or more of them
   * @param seen tokens of the prompt and of the reply so far
   */
  sample(
    logits: Float32Array,
    settings: SamplerSettings,
    seen: ReadonlySet<number>,
    random: Random,
  ): number {
    assert(logits.length >= this.activeVocab, "fewer logits than tokens");
    this.#logits.set(logits.subarray(0, this.activeVocab));
    this.#penalize(seen, settings.repetitionPenalty);
    const best = this.#likeliest();
    if (settings.temperature === 0) return best;
    const { count, mass } = this.#nucleus(best, settings);
    return this.#draw(count, random() * mass);
  }

  #penalize(seen: ReadonlySet<number>, penalty: number): void {
    if (penalty === 1) return;
    for (const id of seen) {
      const logit = this.#logits[id];
      if (logit !== undefined) this.#logits[id] = logit > 0 ? logit / penalty : logit * penalty;
    }
  }

  #likeliest(): number {
    let best = -1;
    let highest = -Infinity;
    for (let id = 0; id < this.activeVocab; id++) {
      const logit = this.#logit(id);
      assert(!Number.isNaN(logit), "a logit is NaN");
      if (logit > highest) {
        highest = logit;
        best = id;
      }
    }
    assert(Number.isFinite(highest), "no logit is finite");
    return best;
  }

  /**
   * How many of `#ids`, from the first on, min-p and top-p keep; `mass` is the sum of their weights, added in that
   * order.
   */
  #nucleus(best: number, settings: SamplerSettings): { count: number; mass: number } {
    const { topK, topP, minP } = settings;
    const limited = topK > 0 && topK < this.activeVocab;
    const pool = limited ? this.#poolOf(topK, best, settings) : this.#poolOfAll(best, settings);
    let mass = 0;
    let count = 0;
    while (count < pool.count) {
      const weight = this.#weightAt(count);
      if (weight < minP) break;
      mass += weight;
      count++;
      // At 1 this does not apply: rounding could end the sum before its last terms.
      if (topP < 1 && mass >= topP * pool.mass) break;
    }
    return { count, mass };
  }

  /** Selects the k likeliest tokens, the likeliest first. */
  #poolOf(k: number, best: number, { temperature }: SamplerSettings) {
    let count = 0;
    for (let id = 0; id < this.activeVocab; id++) {
      if (count < k) this.#siftUp(count++, id);
      else if (this.#isLess(this.#id(0), id)) this.#siftDown(0, k, id);
    }
    this.#sortHeap(count);
    let mass = 0;
    for (let rank = 0; rank < count; rank++) mass += this.#weigh(this.#id(rank), best, temperature);
    return { count, mass };
  }

  /**
   * Selects, of all tokens, those that min-p and top-p can keep, the likeliest first where the order matters.
   *
   * Tokens lighter than (1 - topP) / vocab of the whole weigh less than 1 - topP together, so that the others reach
   * `topP` without them. Mostly far fewer do: those that weigh a thousandth each.
   */
  #poolOfAll(best: number, { temperature, topP, minP }: SamplerSettings) {
    let mass = 0;
    for (let id = 0; id < this.activeVocab; id++) mass += this.#weigh(id, best, temperature);
    if (topP >= 1) return { count: this.#gather(minP).count, mass };
    const floor = Math.max(minP, ((1 - topP) * mass) / this.activeVocab);
    let pool = this.#gather(Math.max(floor, mass / 1000));
    if (pool.mass < topP * mass) pool = this.#gather(floor);
    for (let rank = 0; rank < pool.count; rank++) this.#siftUp(rank, this.#id(rank));
    this.#sortHeap(pool.count);
    return { count: pool.count, mass };
  }

  /** Gathers the tokens whose weight is at least `floor`, by id. */
  #gather(floor: number): { count: number; mass: number } {
    let count = 0;
    let mass = 0;
    for (let id = 0; id < this.activeVocab; id++) {
      const weight = this.#weights[id] ?? 0;
      if (weight < floor) continue;
      this.#ids[count++] = id;
      mass += weight;
    }
    return { count, mass };
  }

  #weigh(id: number, best: number, temperature: number): number {
    const weight = Math.exp((this.#logit(id) - this.#logit(best)) / temperature);
    this.#weights[id] = weight;
    return weight;
  }

  #draw(count: number, target: number): number {
    let reached = 0;
    for (let rank = 0; rank < count; rank++) {
      reached += this.#weightAt(rank);
      if (target < reached) return this.#id(rank);
    }
    throw new Error("invariant: the draw lies past every token");
  }

  /** Sorts the heap, so that the likeliest comes first. */
  #sortHeap(count: number): void {
    for (let end = count - 1; end > 0; end--) {
      const least = this.#id(0);
      this.#siftDown(0, end, this.#id(end));
      this.#ids[end] = least;
    }
  }

  #siftUp(hole: number, id: number): void {
    let at = hole;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isLess(id, this.#id(parent))) break;
      this.#ids[at] = this.#id(parent);
      at = parent;
    }
    this.#ids[at] = id;
  }

  #siftDown(hole: number, count: number, id: number): void {
    let at = hole;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= count) break;
      if (child + 1 < count && this.#isLess(this.#id(child + 1), this.#id(child))) child++;
      if (!this.#isLess(this.#id(child), id)) break;
      this.#ids[at] = this.#id(child);
      at = child;
    }
    this.#ids[at] = id;
  }

  #isLess(a: number, b: number): boolean {
    const difference = this.#logit(a) - this.#logit(b);
    return difference < 0 || (difference === 0 && a > b);
  }

  #logit(id: number): number {
    return this.#logits[id] ?? -Infinity;
  }

  #id(rank: number): number {
    return this.#ids[rank] ?? -1;
  }

  #weightAt(rank: number): number {
    return this.#weights[this.#id(rank)] ?? 0;
  }
}
