import type { EngineMeasure, RunDetail, TtftBreakdown } from "../protocol/measures.ts";

type Phase = keyof TtftBreakdown;

/**
 * Times one turn. Until the first token with text, time is always in exactly one phase, so the
 * breakdown adds up to the time to first token by construction.
 */
export class TurnTimer {
  readonly #breakdown: TtftBreakdown = { planMs: 0, prefillMs: 0, firstTokenMs: 0 };
  readonly #run: RunDetail;
  readonly #emit: (measure: EngineMeasure) => void;
  readonly #nowMs: () => number;
  readonly #startMs: number;
  #phase: Phase = "planMs";
  #phaseStartMs: number;
  #firstTokenMs: number | undefined;
  #lastTokenMs = 0;
  #tokens = 0;
  #hasText = false;

  /** @param nowMs milliseconds since the Unix epoch, never going back */
  constructor(run: RunDetail, emit: (measure: EngineMeasure) => void, nowMs = epochNowMs) {
    this.#run = run;
    this.#emit = emit;
    this.#nowMs = nowMs;
    this.#startMs = this.#phaseStartMs = nowMs();
  }

  /** The prompt is known; the model starts on it. */
  planned(): void {
    this.#enter("prefillMs");
  }

  /** The prompt's output is there. */
  prefilled(tokens: { promptTokens: number; reusedTokens: number }): void {
    const startEpochMs = this.#phaseStartMs;
    this.#enter("firstTokenMs");
    this.#emit({
      name: "chat.prefill",
      startEpochMs,
      endEpochMs: this.#phaseStartMs,
      detail: {
        ...this.#run,
        ...tokens,
        prefilledTokens: tokens.promptTokens - tokens.reusedTokens,
      },
    });
  }

  /** A token of the reply was chosen. */
  token(): void {
    this.#lastTokenMs = this.#nowMs();
    this.#firstTokenMs ??= this.#lastTokenMs;
    this.#tokens++;
  }

  /** The reply grew by some text. Only the first time counts. */
  text(): void {
    if (this.#hasText) return;
    this.#hasText = true;
    this.#enter("firstTokenMs");
    this.#emit({
      name: "chat.ttft",
      startEpochMs: this.#startMs,
      endEpochMs: this.#phaseStartMs,
      detail: { ...this.#run, breakdown: { ...this.#breakdown } },
    });
  }

  /** The reply is complete. Without a token there is nothing to tell. */
  finished(): void {
    if (this.#firstTokenMs === undefined) return;
    const elapsedMs = this.#lastTokenMs - this.#firstTokenMs;
    this.#emit({
      name: "chat.decode",
      startEpochMs: this.#firstTokenMs,
      endEpochMs: this.#lastTokenMs,
      detail: {
        ...this.#run,
        generatedTokens: this.#tokens,
        tpotMs: this.#tokens > 1 ? elapsedMs / (this.#tokens - 1) : 0,
      },
    });
  }

  #enter(phase: Phase): void {
    const nowMs = this.#nowMs();
    this.#breakdown[this.#phase] += nowMs - this.#phaseStartMs;
    this.#phase = phase;
    this.#phaseStartMs = nowMs;
  }
}

/** Unlike `Date.now()` finer than a millisecond, and never going back. */
export function epochNowMs(): number {
  return performance.timeOrigin + performance.now();
}
