import type { Gpu } from "../gpu/device.ts";
import { nextTokenDistance } from "../model/next-token-distance.ts";
import type { ModelConfig } from "../model/model-config.ts";
import { prefill } from "../model/forward/prefill.ts";
import { fetchProjectFile, loadTransformer, PROJECT_ORIGIN } from "../model/testing.ts";
import { replay } from "../model/forward/replay.ts";
import type { Transformer } from "../model/forward/transformer.ts";
import type { ChatMessage } from "../protocol/engine-api.ts";
import {
  parseChatTemplate,
  promptTokens,
  renderPrompt,
  type RenderedPrompt,
} from "../tokenizer/chat-template.ts";
import { createTokenizer, type Tokenizer } from "../tokenizer/tokenizer.ts";
import { assert } from "../shared/assert.ts";
import { reusableTokens } from "../engine/sequence/common-prefix.ts";

const PIP = "/models/pip-4.7m/mlc-q0f16/";
const NEVER = new AbortController().signal;
const ANSWER_TOKENS = 24;

export interface ReplayParts {
  gpu: Gpu;
  transformer: Transformer;
  tokenizer: Tokenizer;
  render: (messages: readonly ChatMessage[]) => RenderedPrompt;
}

/** @param directory of a model that Pip's tokenizer belongs to */
export async function loadReplayParts(
  gpu: Gpu,
  directory = PIP,
): Promise<{ parts: ReplayParts; config: ModelConfig }> {
  const { transformer, config } = await loadTransformer(gpu, directory);
  const url = `${PROJECT_ORIGIN}${directory}tokenizer.json`;
  const tokenizer = await createTokenizer(await (await fetchProjectFile(url)).text(), url);
  const template = parseChatTemplate({ conv_template: config.convTemplate }, url);
  const render = (messages: readonly ChatMessage[]) => renderPrompt(template, tokenizer, messages);
  return { parts: { gpu, transformer, tokenizer, render }, config };
}

/** A cache's rows of all layers, and the tokens they belong to. */
export interface Rows {
  tokens: readonly number[];
  layers: Uint8Array<ArrayBuffer>[];
}

/** Pip with a cache that a test may fill, change and put back, to see what becomes of its answers. */
export class ReplayedPip {
  readonly render: ReplayParts["render"];
  /** Tokens whose rows the cache holds. */
  resident: number[] = [];
  readonly #parts: ReplayParts;

  constructor(parts: ReplayParts) {
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
  async save(): Promise<Rows> {
    const { cache } = this.#parts.transformer;
    const all = { start: 0, end: this.resident.length };
    const layers = await Promise.all(cache.layers.map((_, layer) => cache.readRows(layer, all)));
    return { tokens: this.resident.slice(), layers };
  }

  putBack({ tokens, layers }: Rows): void {
    const { cache } = this.#parts.transformer;
    layers.forEach((rows, layer) => {
      cache.writeRows(layer, 0, rows);
    });
    this.resident = tokens.slice();
  }
}

/** A greedy reply, and the logits after every token of the question and of itself. */
export interface Reply {
  ids: readonly number[];
  text: string;
  logits: readonly Float32Array[];
}

/** @param known the beginning of the reply with its logits, if they have been computed */
async function greedyReply(
  pip: ReplayedPip,
  question: readonly number[],
  known: Pick<Reply, "ids" | "logits"> = { ids: [], logits: [] },
): Promise<Reply> {
  const ids = [...known.ids];
  const logits = [...known.logits];
  if (logits.length === 0) logits.push(...(await pip.logitsAfter(question)));
  while (ids.length < ANSWER_TOKENS) {
    const token = likeliest(logits.at(-1));
    if (pip.ends(token)) break;
    logits.push(...(await pip.logitsAfter([token], question.length + ids.length)));
    ids.push(token);
  }
  return { ids, text: pip.textOf(ids), logits };
}

const likeliest = (logits: Float32Array = Float32Array.of()) => logits.indexOf(Math.max(...logits));

/** The right reply: behind the resident tokens, from which it is computed afresh. */
export async function freshReply(pip: ReplayedPip, question: readonly number[]): Promise<Reply> {
  const reply = await greedyReply(pip, question);
  return { ...reply, logits: await pip.replay([...question, ...reply.ids]) };
}

/** How far the resident rows are from right ones, over the tokens of the question and the right reply. */
export interface Deviation {
  /** Mean KL(right ‖ resident), in nats. */
  kl: number;
  /** Share of tokens after which both have the same likeliest one. */
  sameTop: number;
  /** The greedy reply from the resident rows. */
  text: string;
}

export async function deviationFrom(
  right: Reply,
  pip: ReplayedPip,
  question: readonly number[],
): Promise<Deviation> {
  const logits = await pip.replay([...question, ...right.ids]);
  const distances = right.logits.map((expected, i) =>
    nextTokenDistance(expected, logits[i] ?? Float32Array.of()),
  );
  // Its own reply is the right one up to where it would choose another token.
  const answers = logits.slice(question.length - 1);
  const same = right.ids.findIndex((token, i) => likeliest(answers[i]) !== token);
  const ids = same < 0 ? right.ids : right.ids.slice(0, same);
  const known = { ids, logits: logits.slice(0, question.length + ids.length) };
  const { text } = await greedyReply(pip, question, known);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    text,
    kl: mean(distances.map(({ kl }) => kl)),
    sameTop: mean(distances.map(({ sameTop }) => (sameTop ? 1 : 0))),
  };
}
