import type { ChatMessage } from "../../../../src/protocol/engine-api.ts";

export interface Asked {
  messages: readonly ChatMessage[];
  /** How many tokens are answered. */
  tokens: number;
}

/** Times are in ms, on the page's clock, which begins with the navigation. */
export interface Answered {
  text: string;
  startMs: number;
  firstTokenMs: number;
  /** Tokens of the prompt that were run, without those that were still there. */
  promptTokens: number;
  /** How long they took, as llama.cpp counts it. */
  promptMs: number;
  decodedTokens: number;
  decodeMs: number;
}

/** What the page of wllama offers to the browser's driver, as `globalThis.wllamaPage`. */
export interface WllamaPage {
  ready(): Promise<{ loadMs: number; readyMs: number; threads: number }>;
  ask(asked: Asked): Promise<Answered>;
}
