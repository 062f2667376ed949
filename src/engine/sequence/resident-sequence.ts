import { QUALITY_LEVELS, type QualityLevel } from "../../protocol/quality.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";

/** Where rows come from that did not come from a prefill of just the tokens before them. */
export interface Origin {
  /** The worst level among them; computed rows are as good as the rows they were computed on. */
  level?: QualityLevel;
  /** They come from a lossy form, and must not go through one again. */
  decoded?: boolean;
  /** Other tokens were in view when they were computed. */
  moved?: boolean;
}

/** What is known of the rows of a sequence at one time. */
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
  /** Number of tokens before the first that was moved. */
  #unmovedTokens = 0;
  /** For each level, the number of tokens before the first worse one: never more than at the next level. */
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

  /** How many tokens, from the front, are stored or about to be. */
  get savedTokens(): number {
    return this.#savedTokens;
  }

  /** How many tokens, from the front, have the rows that a prefill of just these tokens gives. */
  get exactTokens(): number {
    return Math.min(this.#unmovedTokens, this.#tokensAt.exact);
  }

  /** How many tokens, from the front, have rows that no other tokens went into: only these can be stored. */
  get unmovedTokens(): number {
    return this.#unmovedTokens;
  }

  /** How many tokens, from the front, have rows that are at least as good as the level. */
  tokensAt(level: QualityLevel): number {
    return this.#tokensAt[level];
  }

  /** The worst level among the rows of the first `tokens` tokens. */
  levelOf(tokens: number): QualityLevel {
    const level = QUALITY_LEVELS.find((one) => this.#tokensAt[one] >= tokens);
    assert(level !== undefined, `${tokens} tokens are not resident`);
    return level;
  }

  /** Whether any of these rows come from a lossy form. */
  hasDecoded({ start, end }: IndexRange): boolean {
    return this.#decoded.some((range) => range.start < end && range.end > start);
  }

  /** Rows were added after those before. Without an origin they were computed on top of these. */
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

  /** Forget the tokens behind the first `length`: their rows may be overwritten from now on. */
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

  /** A copy, which later changes of the sequence leave alone. */
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
