import type { EngineProgress } from "../../protocol/engine-progress.ts";
import type { EngineMeasure } from "../../protocol/measures.ts";
import { Listeners } from "../listeners.ts";

/** Shorter prompts tell more of what a step costs besides than of how fast tokens are read. */
const LEAST_TOKENS = 24;

/** Conversations whose length is remembered. */
const MOST_CONVERSATIONS = 100;

/**
 * How many tokens of each conversation the model had in view last, and how fast it reads, as the engine's measures tell
 * it in this visit.
 */
export class ContextUse {
  readonly #listeners = new Listeners();
  readonly #tokens = new Map<string, number>();
  /** Conversations whose last prompt was read, and whose answer to it is not counted yet. */
  readonly #growing = new Set<string>();
  #msPerToken: number | undefined;

  readonly subscribe = this.#listeners.subscribe;

  /** Undefined until the conversation was answered or restored in this visit. */
  readonly tokensOf = (conversationId: string): number | undefined =>
    this.#tokens.get(conversationId);

  /** Whether an answer is being written that `tokensOf` does not count yet. */
  readonly isGrowing = (conversationId: string): boolean => this.#growing.has(conversationId);

  /** How long the model takes to read one token; undefined until it was measured. */
  readonly msPerToken = (): number | undefined => this.#msPerToken;

  /** Another model counts other tokens, at another speed. */
  forget(): void {
    this.#tokens.clear();
    this.#growing.clear();
    this.#msPerToken = undefined;
    this.#listeners.notify();
  }

  /** What an engine says of a prompt that it counts only afterwards holds until then. */
  progressed(progress: EngineProgress): void {
    if (progress.work !== "prompt" || progress.promptTokens === undefined) return;
    this.#growing.add(progress.conversationId);
    this.#note(progress.conversationId, progress.promptTokens);
  }

  measured({ name, detail, startEpochMs, endEpochMs }: EngineMeasure): void {
    const ms = endEpochMs - startEpochMs;
    if (name === "chat.prefill") {
      this.#growing.add(detail.conversationId);
      this.#learn(detail.prefilledTokens, ms);
      this.#note(detail.conversationId, detail.promptTokens);
    } else if (name === "chat.decode") {
      this.#growing.delete(detail.conversationId);
      const before = this.#tokens.get(detail.conversationId) ?? 0;
      this.#note(detail.conversationId, before + detail.generatedTokens);
    } else if (name === "kv.restore") {
      this.#growing.delete(detail.conversationId);
      if (detail.loadedTokens === 0) this.#learn(detail.recomputedTokens, ms);
      this.#note(detail.conversationId, detail.tokens);
    }
  }

  #learn(tokens: number, ms: number): void {
    if (tokens >= LEAST_TOKENS && ms > 0) this.#msPerToken = ms / tokens;
  }

  #note(conversationId: string, tokens: number): void {
    // The latest is the last one to be forgotten.
    this.#tokens.delete(conversationId);
    this.#tokens.set(conversationId, tokens);
    const [oldest] = this.#tokens.keys();
    if (oldest !== undefined && this.#tokens.size > MOST_CONVERSATIONS) this.#tokens.delete(oldest);
    this.#listeners.notify();
  }
}
