import { QUALITY_LEVELS, type QualityLevel } from "../../protocol/quality.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";

/** Rows that did not come from a prefill of the tokens before them. */
export interface Origin {
  /** How good they are at worst; computed rows are as good as what they were computed on. */
  level?: QualityLevel;
  /** They come from a lossy form, and must not go through one again. */
  decoded?: boolean;
  /** Other tokens were in view when they were computed. */
  moved?: boolean;
}

/** What is known of the rows of a sequence, at one time. */
export interface ResidentSnapshot {
  readonly tokens: readonly number[];
  readonly savedTokens: number;
  readonly unmovedTokens: number;
  readonly tokensAt: Readonly<Record<QualityLevel, number>>;
  readonly decoded: readonly Readonly<IndexRange>[];
}

/** The tokens whose K and V the cache holds, from position 0 on, and how these came to be. */
export class ResidentSequence {
  readonly #tokens: number[] = [];
  #savedTokens = 0;
  /** Up to the first that were moved. */
  #unmovedTokens = 0;
  /** By level, up to the first that are worse: never more than at the next level. */
  #tokensAt: Record<QualityLevel, number> = { exact: 0, balanced: 0, compact: 0 };
  #decoded: IndexRange[] = [];
  readonly #onCut: () => void;

  /** @param onCut called whenever rows were forgotten */
  constructor(onCut: () => void = () => undefined) {
    this.#onCut = onCut;
  }

  get tokens(): readonly number[] {
    return this.#tokens;
  }

  get length(): number {
    return this.#tokens.length;
  }

  /** How many of them, from the front, are stored or about to be. */
  get savedTokens(): number {
    return this.#savedTokens;
  }

  /** How many of them, from the front, have the rows that a prefill of just these tokens gives. */
  get exactTokens(): number {
    return Math.min(this.#unmovedTokens, this.#tokensAt.exact);
  }

  /** How many of them, from the front, have rows of no other tokens than these: what can be stored. */
  get unmovedTokens(): number {
    return this.#unmovedTokens;
  }

  /** How many of them, from the front, are as good as a level says. */
  tokensAt(level: QualityLevel): number {
    return this.#tokensAt[level];
  }

  /** How good the first so many are at worst. */
  levelOf(tokens: number): QualityLevel {
    const level = QUALITY_LEVELS.find((one) => this.#tokensAt[one] >= tokens);
    assert(level !== undefined, `${tokens} tokens are not resident`);
    return level;
  }

  /** Whether any of these rows come from a lossy form. */
  hasDecoded({ start, end }: IndexRange): boolean {
    return this.#decoded.some((range) => range.start < end && range.end > start);
  }

  /** Rows that follow those before. Without an origin they were computed on top of these. */
  append(tokens: Iterable<number>, origin: Origin = {}): void {
    const before = this.#tokens.length;
    for (const token of tokens) this.#tokens.push(token);
    const { length } = this.#tokens;
    if (length === before) return;
    const worst = QUALITY_LEVELS.indexOf(origin.level ?? "exact");
    for (const [i, level] of QUALITY_LEVELS.entries())
      if (i >= worst && this.#tokensAt[level] === before) this.#tokensAt[level] = length;
    if (!origin.moved && this.#unmovedTokens === before) this.#unmovedTokens = length;
    if (origin.decoded) this.#decoded.push({ start: before, end: length });
  }

  /** Forget what is behind the first `length` tokens: their rows may be overwritten from now on. */
  cut(length: number): void {
    if (length >= this.#tokens.length) return;
    this.#tokens.length = length;
    this.#savedTokens = Math.min(this.#savedTokens, length);
    this.#unmovedTokens = Math.min(this.#unmovedTokens, length);
    for (const level of QUALITY_LEVELS)
      this.#tokensAt[level] = Math.min(this.#tokensAt[level], length);
    this.#decoded = this.#decoded
      .filter(({ start }) => start < length)
      .map(({ start, end }) => ({ start, end: Math.min(end, length) }));
    this.#onCut();
  }

  markSaved(tokens: number): void {
    this.#savedTokens = Math.max(this.#savedTokens, tokens);
  }

  /** A copy, which stays as it is. */
  snapshot(): ResidentSnapshot {
    return {
      tokens: [...this.#tokens],
      savedTokens: this.#savedTokens,
      unmovedTokens: this.#unmovedTokens,
      tokensAt: { ...this.#tokensAt },
      decoded: this.#decoded.map((range) => ({ ...range })),
    };
  }

  /** The cache holds the rows of the snapshot, and those before are forgotten. */
  restoreFrom(snapshot: ResidentSnapshot): void {
    this.cut(0);
    for (const token of snapshot.tokens) this.#tokens.push(token);
    this.#savedTokens = snapshot.savedTokens;
    this.#unmovedTokens = snapshot.unmovedTokens;
    this.#tokensAt = { ...snapshot.tokensAt };
    this.#decoded = snapshot.decoded.map((range) => ({ ...range }));
  }

  startsWith(tokens: readonly number[]): boolean {
    return (
      tokens.length <= this.#tokens.length && tokens.every((token, i) => token === this.#tokens[i])
    );
  }
}
