import type { EngineMeasure, RunDetail, TtftBreakdown } from "../protocol/measures.ts";
import type { ReplyFigures } from "../protocol/reply-figures.ts";
import { AwakeTime } from "./awake-time.ts";

type Phase = keyof TtftBreakdown;

/**
 * Times one turn of a chat. Until the first token with text, the turn is always in exactly one phase. So the times of
 * the phases add up to the time to first token by construction.
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
  #ttftMs: number | undefined;
  readonly #awake = new AwakeTime();

  /** @param nowMs milliseconds since the Unix epoch, never going back */
  constructor(run: RunDetail, emit: (measure: EngineMeasure) => void, nowMs = epochNowMs) {
    this.#run = run;
    this.#emit = emit;
    this.#nowMs = nowMs;
    this.#startMs = this.#phaseStartMs = nowMs();
  }

  /** Called when the prompt is known, and the model starts on it. */
  planned(): void {
    this.#enter("prefillMs");
  }

  /** Called when the model has computed the output for the whole prompt. */
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

  /** Called when nothing could be done for a while, which is then over. It is not part of the time per token. */
  interrupted(): void {
    this.#awake.pause();
  }

  /** Called when a token of the reply was chosen. */
  token(): void {
    this.#lastTokenMs = this.#nowMs();
    this.#firstTokenMs ??= this.#lastTokenMs;
    this.#awake.mark(this.#lastTokenMs);
    this.#tokens++;
  }

  /** What is known of the times so far. */
  get times(): Pick<ReplyFigures, "ttftMs" | "decodeMs"> {
    return { ttftMs: this.#ttftMs, decodeMs: this.#tokens > 0 ? this.#awake.ms : undefined };
  }

  /** How fast tokens come, without what the machine slept; 0 before the second one. */
  get tokensPerS(): number {
    const { ms } = this.#awake;
    return ms > 0 ? ((this.#tokens - 1) / ms) * 1000 : 0;
  }

  /** Called when the reply has grown by some text. Only the first call counts. */
  text(): void {
    if (this.#ttftMs !== undefined) return;
    this.#enter("firstTokenMs");
    this.#ttftMs = this.#phaseStartMs - this.#startMs;
    this.#emit({
      name: "chat.ttft",
      startEpochMs: this.#startMs,
      endEpochMs: this.#phaseStartMs,
      detail: { ...this.#run, breakdown: { ...this.#breakdown } },
    });
  }

  /** Called when the reply is complete. A reply without any token has no measure. */
  finished(): void {
    if (this.#firstTokenMs === undefined) return;
    this.#emit({
      name: "chat.decode",
      startEpochMs: this.#firstTokenMs,
      endEpochMs: this.#lastTokenMs,
      detail: {
        ...this.#run,
        generatedTokens: this.#tokens,
        tpotMs: this.#tokens > 1 ? this.#awake.ms / (this.#tokens - 1) : 0,
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

/** Milliseconds since the Unix epoch. Unlike `Date.now()`, they are finer than a millisecond and never go back. */
export function epochNowMs(): number {
  return performance.timeOrigin + performance.now();
}
