import type {
  EngineApi,
  GenerateRequest,
  ReplyDelta,
  RunId,
  TurnSummary,
} from "../protocol/engine-api.ts";
import { fail, ok, type EngineFailure, type Result } from "../protocol/errors.ts";

export const summary = (text: string, fields: Partial<TurnSummary> = {}): TurnSummary => ({
  finishReason: "stop",
  text,
  promptTokens: 3,
  prefilledTokens: 3,
  generatedTokens: 2,
  context: { droppedMessages: 0, approximate: false },
  ...fields,
});

/** An engine whose replies the test speaks itself. */
export class FakeEngine implements Pick<EngineApi, "generate" | "cancel"> {
  readonly requests: GenerateRequest[] = [];
  readonly cancelled: RunId[] = [];
  #text = "";
  #reasoning = "";
  #onDelta: ((delta: ReplyDelta) => void | Promise<void>) | undefined;
  #answer: ((result: Result<TurnSummary>) => void) | undefined;
  #called: (() => void) | undefined;

  generate(
    request: GenerateRequest,
    onDelta: (delta: ReplyDelta) => void | Promise<void>,
  ): Promise<Result<TurnSummary>> {
    this.requests.push(request);
    this.#text = "";
    this.#reasoning = "";
    this.#onDelta = onDelta;
    const answer = new Promise<Result<TurnSummary>>((resolve) => (this.#answer = resolve));
    this.#called?.();
    return answer;
  }

  cancel(runId: RunId): Promise<void> {
    this.cancelled.push(runId);
    if (this.requests.at(-1)?.runId === runId) this.finish({ finishReason: "cancelled" });
    return Promise.resolve();
  }

  /** Resolves when `generate` is called. */
  asked(): Promise<void> {
    return new Promise((resolve) => (this.#called = resolve));
  }

  say(text: string): void {
    this.#text += text;
    void this.#onDelta?.({ text });
  }

  think(reasoning: string): void {
    this.#reasoning += reasoning;
    void this.#onDelta?.({ reasoning, text: "" });
  }

  finish(fields: Partial<TurnSummary> = {}): void {
    const reasoning = this.#reasoning === "" ? {} : { reasoning: this.#reasoning };
    this.#answer?.(ok(summary(this.#text, { ...reasoning, ...fields })));
  }

  fail(failure: EngineFailure): void {
    this.#answer?.(fail(failure));
  }
}
