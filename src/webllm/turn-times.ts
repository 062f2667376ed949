import type { CompletionUsage } from "@mlc-ai/web-llm";
import { AwakeTime } from "../metrics/awake-time.ts";
import { epochNowMs } from "../metrics/turn-timer.ts";
import type { EngineMeasure, RunDetail } from "../protocol/measures.ts";
import type { ReplyFigures } from "../protocol/reply-figures.ts";

/** What a turn ran, counted in tokens. */
export interface TurnTokens {
  promptTokens: number;
  prefilledTokens: number;
  generatedTokens: number;
}

/** What WebLLM says of the tokens of a turn and of the time that its prompt took. */
export type Usage = Pick<CompletionUsage, "prompt_tokens" | "completion_tokens"> & {
  extra: Pick<CompletionUsage["extra"], "time_to_first_token_s">;
};

/**
 * When what of a turn happened. WebLLM tells the tokens of a prompt only after the reply, so that all measures are made
 * then.
 */
export class TurnTimes {
  readonly #startMs = epochNowMs();
  #promptMs = this.#startMs;
  #firstTokenMs: number | undefined;
  #firstTextMs: number | undefined;
  #lastTokenMs = this.#startMs;
  #tokens = 0;
  readonly #awake = new AwakeTime();

  /** Called when WebLLM is given the prompt. */
  asked(): void {
    this.#promptMs = epochNowMs();
  }

  /** Called when a token has come. */
  token(): void {
    this.#lastTokenMs = epochNowMs();
    this.#firstTokenMs ??= this.#lastTokenMs;
    this.#awake.mark(this.#lastTokenMs);
    this.#tokens++;
  }

  /** Pieces that have come, each of which is a token. */
  get tokens(): number {
    return this.#tokens;
  }

  /** How fast tokens come, without what the machine slept; 0 before the second one. */
  get tokensPerS(): number {
    const { ms } = this.#awake;
    return ms > 0 ? ((this.#tokens - 1) / ms) * 1000 : 0;
  }

  /** What is known of the times so far, for the figures of the reply. */
  get figures(): Pick<ReplyFigures, "ttftMs" | "decodeMs"> {
    const textMs = this.#firstTextMs;
    return {
      ttftMs: textMs === undefined ? undefined : textMs - this.#startMs,
      decodeMs: this.#tokens > 0 ? this.#awake.ms : undefined,
    };
  }

  /** Called when the reply has grown by some text. Only the first call counts. */
  text(): void {
    this.#firstTextMs ??= epochNowMs();
  }

  /** @param prefillS what WebLLM says that the prompt took, in seconds */
  measures(
    run: RunDetail,
    { promptTokens, prefilledTokens, generatedTokens }: TurnTokens,
    prefillS: number,
  ): EngineMeasure[] {
    const firstTokenMs = this.#firstTokenMs ?? this.#lastTokenMs;
    const told = Number.isFinite(prefillS) && prefillS >= 0 ? prefillS * 1000 : Infinity;
    const prefilledMs = Math.min(firstTokenMs, this.#promptMs + told);
    const reusedTokens = promptTokens - prefilledTokens;
    const measures: EngineMeasure[] = [
      {
        name: "chat.prefill",
        startEpochMs: this.#promptMs,
        endEpochMs: prefilledMs,
        detail: { ...run, promptTokens, reusedTokens, prefilledTokens },
      },
    ];
    if (this.#firstTextMs !== undefined) {
      const breakdown = {
        planMs: this.#promptMs - this.#startMs,
        prefillMs: prefilledMs - this.#promptMs,
        firstTokenMs: this.#firstTextMs - prefilledMs,
      };
      const [startEpochMs, endEpochMs] = [this.#startMs, this.#firstTextMs];
      measures.push({ name: "chat.ttft", startEpochMs, endEpochMs, detail: { ...run, breakdown } });
    }
    const tpotMs = generatedTokens > 1 ? this.#awake.ms / (generatedTokens - 1) : 0;
    measures.push({
      name: "chat.decode",
      startEpochMs: firstTokenMs,
      endEpochMs: this.#lastTokenMs,
      detail: { ...run, generatedTokens, tpotMs },
    });
    return measures;
  }
}
