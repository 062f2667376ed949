/**
 * @file The page that wllama is measured in: it loads the model of its address (`?model=`) and answers what it is asked
 * through `globalThis.wllamaPage`.
 */

import { LoggerWithoutDebug, Wllama } from "@wllama/wllama";
import wasm from "@wllama/wllama/esm/wasm/wllama.wasm?url";
import type { Answered, Asked, WllamaPage } from "./wllama-page.ts";

const CONTEXT_TOKENS = 4096;

async function load(): Promise<{ wllama: Wllama; loadMs: number; readyMs: number }> {
  const wllama = new Wllama({ default: wasm }, { logger: LoggerWithoutDebug });
  const model = new URL(location.href).searchParams.get("model") ?? "";
  const startMs = performance.now();
  await wllama.loadModelFromUrl(new URL(model, location.href).href, {
    n_ctx: CONTEXT_TOKENS,
    n_threads: navigator.hardwareConcurrency,
    n_gpu_layers: 0,
    seed: 1,
  });
  const readyMs = performance.now();
  return { wllama, loadMs: readyMs - startMs, readyMs };
}

const loading = load();

/** Answers greedily, and goes on to the length that was asked for, whatever the model would do. */
async function ask({ messages, tokens }: Asked): Promise<Answered> {
  const { wllama } = await loading;
  const startMs = performance.now();
  const answer = { firstTokenMs: 0, text: "" };
  const stream = await wllama.createChatCompletion({
    messages: messages.map(({ role, text }) => ({ role, content: text })),
    max_tokens: tokens,
    temperature: 0,
    ignore_eos: true,
    timings_per_token: true,
    stream: true,
  });
  let timings: { prompt_n: number; prompt_ms: number; predicted_n: number; predicted_ms: number };
  timings = { prompt_n: 0, prompt_ms: 0, predicted_n: 0, predicted_ms: 0 };
  for await (const chunk of stream) {
    const text = chunk.choices[0]?.delta.content ?? "";
    if (text !== "" && answer.text === "") answer.firstTokenMs = performance.now();
    answer.text += text;
    if (chunk.timings) ({ timings } = { timings: chunk.timings });
  }
  return {
    ...answer,
    startMs,
    promptTokens: timings.prompt_n,
    promptMs: timings.prompt_ms,
    decodedTokens: timings.predicted_n,
    decodeMs: timings.predicted_ms,
  };
}

const page: WllamaPage = {
  async ready() {
    const { wllama, loadMs, readyMs } = await loading;
    return { loadMs, readyMs, threads: wllama.getNumThreads() };
  },
  ask,
};

Object.assign(globalThis, { wllamaPage: page });
