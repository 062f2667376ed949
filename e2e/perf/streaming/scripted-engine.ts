/**
 * @file A worker in place of the engine's, which says a prepared text at a prepared speed: what the page does with an answer
 * is measured with it, and nothing of what a model takes.
 */

import * as Comlink from "comlink";
import type {
  EngineEvent,
  GenerateRequest,
  ModelInfo,
  ModelReference,
  ReplyDelta,
  TurnSummary,
} from "../../../src/protocol/engine-api.ts";
import { ok } from "../../../src/protocol/errors.ts";
import { PIECE_MS, writtenPieces } from "./written-markdown.ts";

const infoOf = (url: string): ModelInfo => ({
  url,
  name: "script",
  architecture: "script",
  quantization: "none",
  contextTokens: 4096,
  weightBytes: 0,
  gpuBytes: 0,
  tokenizer: "none",
  sampling: { temperature: 0, topP: 1, repetitionPenalty: 1 },
  adapter: "none",
  device: "processor",
});

let tell: (event: EngineEvent) => void = () => undefined;
const nothing = () => Promise.resolve();
const NOTHING_RESTORED = {
  residentTokens: 0,
  reusedTokens: 0,
  loadedTokens: 0,
  recomputedTokens: 0,
};

/** Says as many pieces as the time allows, one message for those of a moment, as an engine does. */
async function say(onDelta: (delta: ReplyDelta) => void | Promise<void>): Promise<string> {
  const pieces = writtenPieces();
  const begunMs = performance.now();
  for (let said = 0; said < pieces.length;) {
    await new Promise((resolve) => setTimeout(resolve, PIECE_MS));
    const due = Math.min(pieces.length, Math.floor((performance.now() - begunMs) / PIECE_MS));
    if (due <= said) continue;
    await onDelta({ text: pieces.slice(said, due).join("") });
    said = due;
  }
  return pieces.join("");
}

async function generate(
  _request: GenerateRequest,
  onDelta: (delta: ReplyDelta) => void | Promise<void>,
): Promise<{ ok: true; value: TurnSummary }> {
  const text = await say(onDelta);
  const generatedTokens = writtenPieces().length;
  const counts = { promptTokens: 1, prefilledTokens: 1, generatedTokens };
  const context = { droppedMessages: 0, approximate: false };
  const times = { ttftMs: 0, decodeMs: generatedTokens * PIECE_MS };
  return { ok: true, value: { finishReason: "stop", text, ...counts, ...times, context } };
}

Comlink.expose({
  subscribe: (onEvent: (event: EngineEvent) => void) => {
    tell = onEvent;
    tell({ type: "status", status: { phase: "idle" } });
    return Promise.resolve();
  },
  load: ({ url }: ModelReference) => {
    tell({ type: "status", status: { phase: "ready", model: infoOf(url) } });
    return Promise.resolve(ok(infoOf(url)));
  },
  open: () => Promise.resolve(ok(NOTHING_RESTORED)),
  prefetch: () => Promise.resolve(ok(NOTHING_RESTORED)),
  generate,
  cancelLoad: nothing,
  release: nothing,
  cancel: nothing,
  attachStore: nothing,
  saved: nothing,
  setIdleTerms: nothing,
  throttleGpu: nothing,
  keepOnGpu: nothing,
  forceScheme: nothing,
  forceForm: nothing,
  measureProcessor: nothing,
});
