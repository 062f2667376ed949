import type { Hardware } from "../device/device.ts";
import type { ModelConfig } from "../model/model-config.ts";
import { prefill } from "../model/forward/prefill.ts";
import { fetchProjectFile, loadTransformer, PROJECT_ORIGIN } from "../model/testing.ts";
import { replay } from "../model/forward/replay.ts";
import type { Transformer } from "../model/forward/transformer.ts";
import type { ChatMessage } from "../protocol/engine-api.ts";
import {
  promptTokens,
  renderPrompt,
  slotsOf,
  type RenderedPrompt,
} from "../tokenizer/chat-template.ts";
import { createTokenizer, type Tokenizer } from "../tokenizer/tokenizer.ts";
import { assert } from "../shared/assert.ts";
import { reusableTokens } from "../engine/sequence/common-prefix.ts";

const PIP = "/models/pip-4.7m/mlc-q0f16/";
const NEVER = new AbortController().signal;

export interface ProbeParts {
  hardware: Hardware;
  transformer: Transformer;
  tokenizer: Tokenizer;
  render: (messages: readonly ChatMessage[]) => RenderedPrompt;
}

/** Load a model for a probe. @param directory directory of a model that has Pip's tokenizer; Pip's own if absent */
export async function loadProbeParts(
  hardware: Hardware,
  directory = PIP,
): Promise<{ parts: ProbeParts; config: ModelConfig }> {
  const { transformer, config, chatTemplate } = await loadTransformer(hardware, directory);
  const url = `${PROJECT_ORIGIN}${directory}tokenizer.json`;
  const tokenizer = await createTokenizer(await (await fetchProjectFile(url)).text(), url);
  const render = (messages: readonly ChatMessage[]) =>
    renderPrompt(slotsOf(chatTemplate), tokenizer, messages);
  return { parts: { hardware, transformer, tokenizer, render }, config };
}

/** Rows of all layers of a cache, and the tokens that they belong to. */
export interface CacheRows {
  tokens: readonly number[];
  layers: Uint8Array<ArrayBuffer>[];
}

/**
 * A model whose KV cache a test may fill, save, change and put back, to see what becomes of the model's answers.
 */
export class CacheProbe {
  readonly render: ProbeParts["render"];
  /** The tokens whose rows the cache holds. */
  resident: number[] = [];
  readonly #parts: ProbeParts;

  constructor(parts: ProbeParts) {
    this.#parts = parts;
    this.render = parts.render;
  }

  tokensOf(messages: readonly ChatMessage[]): number[] {
    return promptTokens(this.render(messages));
  }

  forget(): void {
    this.resident = [];
  }

  /** Prefill what the cache does not hold of these tokens, and wait for it. */
  async fill(tokens: readonly number[]): Promise<void> {
    const { hardware, transformer } = this.#parts;
    const start = reusableTokens(this.resident, tokens);
    const missing = Uint32Array.from(tokens.slice(start));
    await prefill(hardware.device, transformer, missing, { start, output: "none", signal: NEVER });
    await hardware.device.queue.onSubmittedWorkDone();
    this.resident = tokens.slice();
  }

  /**
   * Run tokens behind the resident ones, one decode step each, and forget them again.
   *
   * @param offset distance of the first token from the end of the resident ones
   * @returns logits after each token, [tokens][activeVocab]
   */
  async logitsAfter(tokens: readonly number[], offset = 0): Promise<Float32Array[]> {
    const { transformer } = this.#parts;
    const logits: Float32Array[] = [];
    for (const [i, token] of tokens.entries()) {
      transformer.decodeStep(token, this.resident.length + offset + i, "logits");
      logits.push((await transformer.readLogits()).slice());
    }
    return logits;
  }

  /**
   * Run known tokens behind the resident ones, many in a step, and forget them again.
   *
   * @returns logits after each token, [tokens][activeVocab]
   */
  async replay(tokens: readonly number[]): Promise<Float32Array[]> {
    const { transformer } = this.#parts;
    const options = { start: this.resident.length, signal: NEVER };
    const logits = await replay(transformer, Uint32Array.from(tokens), options);
    assert(logits !== undefined, "a replay that nobody stops was stopped");
    return logits;
  }

  /** Whether the model ends its reply with this token. */
  ends(token: number): boolean {
    return this.#parts.tokenizer.isSpecial(token);
  }

  textOf(ids: readonly number[]): string {
    return this.#parts.tokenizer.decode(ids);
  }

  /** Copy the resident tokens' rows of all layers off the GPU. */
  async save(): Promise<CacheRows> {
    const { cache } = this.#parts.transformer;
    const all = { start: 0, end: this.resident.length };
    const layers = await Promise.all(cache.layers.map((_, layer) => cache.readRows(layer, all)));
    return { tokens: this.resident.slice(), layers };
  }

  putBack({ tokens, layers }: CacheRows): void {
    const { cache } = this.#parts.transformer;
    layers.forEach((rows, layer) => {
      cache.writeRows(layer, 0, rows);
    });
    this.resident = tokens.slice();
  }
}
