import type { Gpu } from "../gpu/device.ts";
import type { ModelConfig } from "../model/model-config.ts";
import { prefill } from "../model/forward/prefill.ts";
import { fetchProjectFile, loadTransformer, PROJECT_ORIGIN } from "../model/testing.ts";
import { replay } from "../model/forward/replay.ts";
import type { Transformer } from "../model/forward/transformer.ts";
import type { ChatMessage } from "../protocol/engine-api.ts";
import { promptTokens, renderPrompt, type RenderedPrompt } from "../tokenizer/chat-template.ts";
import { createTokenizer, type Tokenizer } from "../tokenizer/tokenizer.ts";
import { assert } from "../shared/assert.ts";
import { reusableTokens } from "../engine/sequence/common-prefix.ts";

const PIP = "/models/pip-4.7m/mlc-q0f16/";
const NEVER = new AbortController().signal;

export interface ProbeParts {
  gpu: Gpu;
  transformer: Transformer;
  tokenizer: Tokenizer;
  render: (messages: readonly ChatMessage[]) => RenderedPrompt;
}

/** @param directory of a model that Pip's tokenizer belongs to */
export async function loadProbeParts(
  gpu: Gpu,
  directory = PIP,
): Promise<{ parts: ProbeParts; config: ModelConfig }> {
  const { transformer, config, chatTemplate } = await loadTransformer(gpu, directory);
  const url = `${PROJECT_ORIGIN}${directory}tokenizer.json`;
  const tokenizer = await createTokenizer(await (await fetchProjectFile(url)).text(), url);
  const render = (messages: readonly ChatMessage[]) =>
    renderPrompt(chatTemplate, tokenizer, messages);
  return { parts: { gpu, transformer, tokenizer, render }, config };
}

/** A cache's rows of all layers, and the tokens they belong to. */
export interface CacheRows {
  tokens: readonly number[];
  layers: Uint8Array<ArrayBuffer>[];
}

/** Pip with a cache that a test may fill, change and put back, to see what becomes of its answers. */
export class CacheProbe {
  readonly render: ProbeParts["render"];
  /** Tokens whose rows the cache holds. */
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
    const { gpu, transformer } = this.#parts;
    const start = reusableTokens(this.resident, tokens);
    const missing = Uint32Array.from(tokens.slice(start));
    await prefill(gpu.device, transformer, missing, { start, output: "none", signal: NEVER });
    await gpu.device.queue.onSubmittedWorkDone();
    this.resident = tokens.slice();
  }

  /**
   * Run tokens behind the resident ones, at `offset` from their end, and forget them again.
   *
   * @returns logits after each, [tokens][vocab]
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
   * Run known tokens behind the resident ones, and forget them again.
   *
   * @returns logits after each, [tokens][vocab]
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

  /** Of resident tokens, in all layers. */
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
