import { createRowMover, type RowMover } from "../kv/reposition-rows.ts";
import type { Gpu } from "../gpu/device.ts";
import { nextTokenDistance } from "../model/next-token-distance.ts";
import { prefill } from "../model/prefill.ts";
import { ropeFrequencies } from "../model/rope.ts";
import { fetchProjectFile, loadTransformer, PROJECT_ORIGIN } from "../model/testing.ts";
import type { Transformer } from "../model/transformer.ts";
import type { ChatMessage } from "../protocol/engine-api.ts";
import { assert } from "../shared/assert.ts";
import {
  parseChatTemplate,
  promptTokens,
  renderPrompt,
  type RenderedPrompt,
} from "../tokenizer/chat-template.ts";
import { createTokenizer, type Tokenizer } from "../tokenizer/tokenizer.ts";
import { reusableTokens } from "./common-prefix.ts";
import { fitPrompt, rowsToMove, type ContextLimits, type FittedPrompt } from "./context-window.ts";
import { RECALL_CONVERSATIONS, type RecallConversation } from "./recall-testing.ts";

const PIP = "/models/pip-4.7m/mlc-q0f16/";
const NEVER = new AbortController().signal;
const ANSWER_TOKENS = 24;

/** Pip with a cache that a test may fill, move and put back. */
export async function loadOverflowingPip(gpu: Gpu): Promise<OverflowingPip> {
  const { transformer, config } = await loadTransformer(gpu, PIP);
  const url = `${PROJECT_ORIGIN}${PIP}tokenizer.json`;
  const tokenizer = await createTokenizer(await (await fetchProjectFile(url)).text(), url);
  const template = parseChatTemplate({ conv_template: config.convTemplate }, url);
  const moverAt = (frequencies: readonly number[]) =>
    createRowMover(gpu.device, transformer.cache, frequencies);
  const frequencies = ropeFrequencies(config);
  const mover = await moverAt(frequencies);
  const copier = await moverAt(frequencies.map(() => 0));
  const render = (messages: readonly ChatMessage[]) => renderPrompt(template, tokenizer, messages);
  return new OverflowingPip({ gpu, transformer, mover, copier, tokenizer, render });
}

interface PipParts {
  gpu: Gpu;
  transformer: Transformer;
  mover: RowMover;
  /** Moves rows without turning their keys: wrong, to see whether it is noticed. */
  copier: RowMover;
  tokenizer: Tokenizer;
  render: (messages: readonly ChatMessage[]) => RenderedPrompt;
}

/** A cache's rows of all layers, and the tokens they belong to. */
interface Rows {
  tokens: readonly number[];
  layers: Uint8Array<ArrayBuffer>[];
}

export class OverflowingPip {
  readonly render: PipParts["render"];
  /** Tokens whose rows the cache holds. */
  resident: number[] = [];
  readonly #parts: PipParts;

  constructor(parts: PipParts) {
    this.#parts = parts;
    this.render = parts.render;
  }

  tokensOf(messages: readonly ChatMessage[]): number[] {
    return promptTokens(this.render(messages));
  }

  forget(): void {
    this.resident = [];
  }

  /** Move what the prompt keeps to where it stands now. @returns whether there was something to move */
  reposition(prompt: FittedPrompt, { turning } = { turning: true }): boolean {
    const move = rowsToMove(this.resident, prompt);
    if (!move) return false;
    const { mover, copier } = this.#parts;
    (turning ? mover : copier).apply([move]);
    this.resident = prompt.tokens.slice(0, move.to + move.tokens);
    return true;
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

/**
 * The conversation behind the last exchanges of another one, which are `times` as long as itself or a
 * little longer.
 */
export function behindEarlierHistory(
  pip: OverflowingPip,
  conversation: RecallConversation,
  times: number,
): ChatMessage[] {
  const wanted = pip.tokensOf(conversation.messages).length * times;
  const at = RECALL_CONVERSATIONS.indexOf(conversation);
  const others = [...RECALL_CONVERSATIONS.slice(at + 1), ...RECALL_CONVERSATIONS.slice(0, at)];
  let earlier: ChatMessage[] = [];
  for (const { messages } of others) {
    const history = messages.slice(0, -1);
    const starts = history.flatMap(({ role }, i) => (role === "user" ? [i] : []));
    const enough = starts.findLast(
      (start) => pip.tokensOf([...history.slice(start), ...earlier]).length >= wanted,
    );
    earlier = [...history.slice(enough ?? 0), ...earlier];
    if (enough !== undefined) break;
  }
  return [...earlier, ...conversation.messages];
}

/** A conversation in the moment of its last question. */
interface Asked {
  prompt: FittedPrompt;
  /** Tokens of the prompt before the question, and those of the question with the reply's header. */
  history: number[];
  question: number[];
  /** How often rows have been moved so far. */
  cuts: number;
}

/**
 * Run a conversation as turns do, moving rows whenever it outgrows the window, up to its last question:
 * the cache holds what came before that, where it stood before that.
 */
export async function talkUpTo(
  pip: OverflowingPip,
  messages: readonly ChatMessage[],
  limits: ContextLimits,
): Promise<Asked> {
  pip.forget();
  let cuts = 0;
  for (const [i, { role }] of messages.entries()) {
    if (role !== "user") continue;
    const prompt = fitPrompt(messages.slice(0, i + 1), pip.render, limits);
    assert(prompt, "a question is too long");
    const last = i === messages.length - 1;
    if (prompt.before.shift === 0 && !last) continue;
    const question = [prompt.parts.turns.at(-1) ?? [], prompt.parts.header].flat();
    await pip.fill(prompt.before.tokens.slice(0, -question.length));
    if (last) return { prompt, history: prompt.tokens.slice(0, -question.length), question, cuts };
    if (pip.reposition(prompt)) cuts++;
  }
  throw new Error("the conversation ends without a question");
}

/** A greedy reply, and the logits after every token of the question and of itself. */
export interface Reply {
  ids: readonly number[];
  text: string;
  logits: readonly Float32Array[];
}

/** @param known the beginning of the reply with its logits, if they have been computed */
async function greedyReply(
  pip: OverflowingPip,
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
export const freshReply = (pip: OverflowingPip, question: readonly number[]): Promise<Reply> =>
  greedyReply(pip, question);

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
  pip: OverflowingPip,
  question: readonly number[],
): Promise<Deviation> {
  const logits = await pip.logitsAfter([...question, ...right.ids]);
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
