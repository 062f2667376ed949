import { stepParams, type StepUse } from "../../../shaders/forward/attention.ts";
import { stagingBuffer, storageBuffer } from "../../device/buffers.ts";
import { dispatchAll, submit } from "../../device/commands.ts";
import type { Hardware, Device, DeviceBuffer, CommandEncoder } from "../../device/device.ts";
import { readMapped } from "../../device/readback.ts";
import type { AttentionInputs, AttentionSampler } from "../../kv/cache/attention-sampler.ts";
import type { KvCache } from "../../kv/cache/kv-cache.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import {
  bindDecode,
  bindEmbed,
  bindEveryHead,
  bindHead,
  bindPrefill,
  type ForwardParts,
  type StepStage,
} from "./forward-stages.ts";
import { HiddenStates } from "./hidden-states.ts";
import type { ModelKernels } from "./kernels.ts";
import { cacheIndexOf, isCachedLayer, rowLayers } from "../kv-layers.ts";
import type { ModelConfig } from "../model-config.ts";
import { allocateScratch, type Scratch } from "./scratch.ts";
import type { ModelWeights } from "../weights.ts";

/** What a step leaves to be read: nothing, the greedy choice, or all logits. */
export type StepOutput = "none" | "token" | "logits";

/** The most tokens of one step. A model whose `prefillChunkTokens` are fewer takes fewer. */
export const MAX_STEP_TOKENS = 512;

/** The most bytes of the logits after every token of a step, unless a single token's logits take more. */
const EVERY_LOGITS_BYTES = 8 * 2 ** 20;

/** The most tokens that are replayed layer by layer: their hidden states are kept meanwhile. */
const MAX_REPLAYED_TOKENS = 128;

/**
 * Attention is sampled in a sequence's first step and in every step that reaches a multiple of this many positions.
 * That is more rarely than a software adapter needs: where a step takes hardly longer than its dispatches, the
 * estimator's dispatches weigh the most (attention-similarity.bench.ts).
 */
export const SAMPLING = { prefillInterval: 256, decodeInterval: 16 } as const;

export interface SamplingIntervals {
  prefillInterval: number;
  decodeInterval: number;
}

/** Tokens at consecutive positions, from `position` on, and the kind of step that runs them. */
interface Step {
  use: StepUse;
  tokens: Uint32Array<ArrayBuffer>;
  position: number;
}

/** The stages that compute the logits after every token of a step, and the buffers for them. */
interface EveryHead {
  stages: readonly StepStage[];
  logits: DeviceBuffer;
  staging: DeviceBuffer;
}

/**
 * The forward pass of a model over one KV cache.
 *
 * A step runs tokens at consecutive positions, and reads and extends the cache. A prefill step runs many tokens by
 * matrix products, a decode step one token by matrix-vector products. Everything is allocated and bound in the
 * constructor, so that a step only writes its tokens and submits. All buffers go when the device is destroyed.
 */
export class Transformer {
  readonly cache: KvCache;
  /** The most tokens that a step may have. */
  readonly stepTokens: number;
  /** The most tokens of a step whose logits are all wanted. */
  readonly replayTokens: number;
  /** The most tokens that `replayLayers` keeps hidden states of. */
  readonly replayedTokens: number;
  readonly #device: Device;
  readonly #config: ModelConfig;
  readonly #parts: ForwardParts;
  readonly #scratch: Scratch;
  readonly #embed: StepStage;
  /** The stages of each layer. */
  readonly #prefill: readonly StepStage[][];
  readonly #decode: readonly StepStage[][];
  readonly #head: readonly StepStage[];
  readonly #greedy: StepStage;
  /** How many layers a token has to run through until all its rows are there. */
  readonly #rowLayers: number;
  readonly #logits: Float32Array<ArrayBuffer>;
  readonly #header = Uint32Array.from(stepParams(0, 0, "prefill"));
  readonly #single = new Uint32Array(1);
  readonly #hidden: HiddenStates;
  readonly #replayed: HiddenStates;
  /** Allocated when all logits of a step are first wanted. */
  #every: EveryHead | undefined;
  #sampling: { sampler: AttentionSampler; intervals: SamplingIntervals } | undefined;

  constructor(
    { device }: Hardware,
    config: ModelConfig,
    parts: { weights: ModelWeights; kernels: ModelKernels; cache: KvCache },
  ) {
    this.stepTokens = Math.min(config.prefillChunkTokens, config.contextTokens, MAX_STEP_TOKENS);
    const replayTokens = Math.max(1, Math.floor(EVERY_LOGITS_BYTES / (config.vocab * 4)));
    this.replayTokens = Math.min(this.stepTokens, replayTokens);
    this.cache = parts.cache;
    this.#device = device;
    this.#config = config;
    this.#scratch = allocateScratch(device, config, this.stepTokens);
    this.#hidden = new HiddenStates(device, this.#scratch.x, config);
    this.replayedTokens = Math.min(config.contextTokens, MAX_REPLAYED_TOKENS);
    const replayed = { hidden: config.hidden, contextTokens: this.replayedTokens };
    this.#replayed = new HiddenStates(device, this.#scratch.x, replayed);
    this.#parts = { device, config, ...parts, scratch: this.#scratch };
    this.#embed = bindEmbed(this.#parts);
    this.#prefill = bindPrefill(this.#parts);
    this.#decode = bindDecode(this.#parts);
    const { head, greedy } = bindHead(this.#parts);
    this.#head = head;
    this.#greedy = greedy;
    this.#rowLayers = rowLayers(config);
    this.#logits = new Float32Array(config.activeVocab);
  }

  /**
   * Submits one step of a prompt without waiting for it.
   *
   * A row of K and V comes out the same, bit for bit, however the prompt is cut into steps, because one token takes the
   * same kernels as many.
   *
   * @param tokens 1 to `stepTokens` ids, which take the positions from `position` on
   */
  prefillStep(tokens: Uint32Array<ArrayBuffer>, position: number, output: StepOutput): void {
    const interval = this.#sampling?.intervals.prefillInterval;
    const sampler = this.#sampledAt(position, position + tokens.length, interval);
    const step = { use: "prefill" as const, tokens, position, output };
    const watchesReaders = sampler?.readers?.some(({ length }) => length > 0) ?? false;
    if (watchesReaders || this.#rowLayers === this.#prefill.length)
      this.#submit(this.#prefill, step, sampler);
    else this.#prefillRows(step, sampler);
  }

  /** Runs a step only as far as it leaves rows, and then its last token alone through the layers behind. */
  #prefillRows(step: Step & { output: StepOutput }, sampler: AttentionSampler | undefined): void {
    const { tokens, position, output, use } = step;
    const isTakenOn = output !== "none";
    const rows = this.#prefill.slice(0, this.#rowLayers);
    this.#submit(rows, { ...step, output: "none", isTakenOn }, sampler);
    if (!isTakenOn) return;
    const last = { use, tokens: tokens.slice(-1), position: position + tokens.length - 1 };
    this.#writeStep(last);
    const stages = [...this.#prefill.slice(this.#rowLayers).flat(), ...this.#outputStages(output)];
    submit(this.#device, (encoder) => {
      this.#hidden.load(encoder, { position: last.position, tokens: 1 });
      dispatchAll(encoder, stages, 1, last.position);
      this.#copyOutput(encoder, output);
    });
  }

  /**
   * Submits a step through some of the layers only. The hidden states that they leave, tokens × hidden, are kept by
   * position, so that a later step can take the same tokens on through the following layers. The rows are the same, bit
   * for bit, as those of a step through all layers at once.
   */
  prefillLayers(tokens: Uint32Array<ArrayBuffer>, position: number, layers: IndexRange): void {
    const isLast = layers.end === this.#prefill.length;
    const kept = { states: this.#hidden, position, isLast };
    this.#runLayers({ use: "prefill", tokens, position }, layers, kept);
  }

  /**
   * Submits a step of tokens that are known already through some of the layers. The hidden states are kept apart from
   * those of `prefillLayers`, because a replay has few tokens, and are what `replayLogits` begins with.
   *
   * @param at where the first token stands among those that are replayed, of which there are `replayedTokens` at most
   */
  replayLayers(
    tokens: Uint32Array<ArrayBuffer>,
    position: number,
    { layers, at }: { layers: IndexRange; at: number },
  ): void {
    const kept = { states: this.#replayed, position: at, isLast: false };
    this.#runLayers({ use: "prefill", tokens, position }, layers, kept);
  }

  /**
   * What the model would have expected after each of some tokens that `replayLayers` has run through all layers.
   *
   * @returns the logits after each token, as `replayStep` gives them
   */
  async replayLogits(
    tokens: Uint32Array<ArrayBuffer>,
    position: number,
    { at }: { at: number },
  ): Promise<Float32Array[]> {
    this.#writeStep({ use: "prefill", tokens, position });
    return this.#readEvery(tokens.length, (encoder, stages) => {
      this.#replayed.load(encoder, { position: at, tokens: tokens.length });
      dispatchAll(encoder, stages, tokens.length, position);
    });
  }

  #runLayers(
    step: Step,
    layers: IndexRange,
    { states, position, isLast }: { states: HiddenStates; position: number; isLast: boolean },
  ): void {
    const tokens = step.tokens.length;
    this.#writeStep(step);
    const stages = this.#prefill.slice(layers.start, layers.end).flat();
    if (layers.start === 0) stages.unshift(this.#embed);
    submit(this.#device, (encoder) => {
      if (layers.start > 0) states.load(encoder, { position, tokens });
      dispatchAll(encoder, stages, tokens, step.position);
      if (!isLast) states.keep(encoder, { position, tokens });
    });
  }

  /**
   * Runs one step of tokens that are known already, and reads what the model would have expected after each. Nothing is
   * sampled.
   *
   * @param tokens 1 to `replayTokens` ids, which take the positions from `position` on
   * @returns the logits after each token, [tokens][activeVocab]: padding may have large ones, and is never sampled
   */
  async replayStep(tokens: Uint32Array<ArrayBuffer>, position: number): Promise<Float32Array[]> {
    this.#writeStep({ use: "prefill", tokens, position });
    return this.#readEvery(tokens.length, (encoder, stages) => {
      const all = [this.#embed, ...this.#prefill.flat(), ...stages];
      dispatchAll(encoder, all, tokens.length, position);
    });
  }

  /** @param record dispatches the head's stages for so many tokens, after what they need */
  async #readEvery(
    tokens: number,
    record: (encoder: CommandEncoder, stages: readonly StepStage[]) => void,
  ): Promise<Float32Array[]> {
    assert(tokens <= this.replayTokens, `all logits of ${tokens} tokens`);
    this.#every ??= this.#everyHead();
    const { stages, logits, staging } = this.#every;
    const { vocab, activeVocab } = this.#config;
    const bytes = tokens * vocab * 4;
    submit(this.#device, (encoder) => {
      record(encoder, stages);
      encoder.copyBufferToBuffer(logits, 0, staging, 0, bytes);
    });
    const numbers = await readMapped(staging, (mapped) => new Float32Array(mapped).slice(), bytes);
    return Array.from({ length: tokens }, (_, i) =>
      numbers.subarray(i * vocab, i * vocab + activeVocab),
    );
  }

  #everyHead(): EveryHead {
    const bytes = this.replayTokens * this.#config.vocab * 4;
    const logits = storageBuffer(this.#device, "every logits", bytes);
    const staging = stagingBuffer(this.#device, "every logits", bytes);
    return { stages: bindEveryHead(this.#parts, logits), logits, staging };
  }

  /** Submits one token of a reply, at `position`, without waiting for it. */
  decodeStep(token: number, position: number, output: StepOutput): void {
    this.#single[0] = token;
    const interval = this.#sampling?.intervals.decodeInterval;
    const sampler = this.#sampledAt(position, position + 1, interval);
    const step = { use: "decode" as const, tokens: this.#single, position, output };
    this.#submit(this.#decode, step, sampler);
  }

  /** The buffers that an attention sampler binds to. */
  get attentionInputs(): AttentionInputs {
    const { qkv, step } = this.#scratch;
    const { heads, kvLayers, attention } = this.#config;
    const reading = { heads, scoreWidth: attention.scoreWidth, hasReaders: kvLayers !== undefined };
    return { qkv, step, cache: this.cache, ...reading };
  }

  /**
   * Lets a sampler look at every step that reaches a multiple of an interval, from now on; `allSamplers` makes one of
   * several. With `undefined`, as at first, no sampler looks. Outputs and cache are the same, bit for bit, either way.
   *
   * @param sampler bound to this transformer's `attentionInputs`
   */
  sampleAttention(
    sampler: AttentionSampler | undefined,
    intervals: SamplingIntervals = SAMPLING,
  ): void {
    this.#sampling = sampler && { sampler, intervals };
  }

  /** The sampler, if it looks at a step between these positions. */
  #sampledAt(start: number, end: number, interval = 1): AttentionSampler | undefined {
    const isSampled = start === 0 || Math.floor(end / interval) > Math.floor(start / interval);
    return isSampled ? this.#sampling?.sampler : undefined;
  }

  /** Reads the greedy choice of the last step, which must have asked for `token`. */
  async readToken(): Promise<number> {
    const { tokenStaging } = this.#scratch;
    const token = await readMapped(tokenStaging, (mapped) => new Uint32Array(mapped)[0]);
    assert(token !== undefined && token < this.#config.activeVocab, "no logit is a number");
    return token;
  }

  /**
   * Reads the logits of the last step's last token, [activeVocab]: the vocabulary's padding, which may hold the largest
   * of all, is left out. The next call overwrites them.
   */
  async readLogits(): Promise<Float32Array<ArrayBuffer>> {
    const { logitsStaging } = this.#scratch;
    const { length, byteLength } = this.#logits;
    const copy = (mapped: ArrayBuffer): void => {
      this.#logits.set(new Float32Array(mapped, 0, length));
    };
    await readMapped(logitsStaging, copy, byteLength);
    return this.#logits;
  }

  /** How many dispatches one decode step with a greedy choice has. */
  get decodeDispatches(): number {
    return 1 + this.#decode.flat().length + this.#head.length + 1;
  }

  #submit(
    layers: readonly StepStage[][],
    step: Step & { output: StepOutput; isTakenOn?: boolean },
    sampler: AttentionSampler | undefined,
  ): void {
    const { output, isTakenOn = false, position } = step;
    this.#writeStep(step);
    sampler?.begin(step.tokens.length, position);
    const stages = this.#stagesOf(layers, output, sampler);
    submit(this.#device, (encoder) => {
      dispatchAll(encoder, stages, step.tokens.length, step.position);
      if (isTakenOn) this.#hidden.keep(encoder, { position, tokens: step.tokens.length });
      this.#copyOutput(encoder, output);
    });
  }

  #copyOutput(encoder: CommandEncoder, output: StepOutput): void {
    const { token, tokenStaging, logits, logitsStaging } = this.#scratch;
    if (output === "token") encoder.copyBufferToBuffer(token, 0, tokenStaging, 0, 4);
    if (output === "logits") encoder.copyBufferToBuffer(logits, 0, logitsStaging, 0, logits.size);
  }

  #stagesOf(
    layers: readonly StepStage[][],
    output: StepOutput,
    sampler: AttentionSampler | undefined,
  ): StepStage[] {
    // The sampler's stages run here, because the buffer holds this layer's queries until the next layer's products.
    const sampled = (stages: StepStage[], layer: number) => {
      const watching = isCachedLayer(this.#config, layer) ? sampler?.layers : sampler?.readers;
      return [...stages, ...(watching?.[cacheIndexOf(this.#config, layer)] ?? [])];
    };
    return [
      this.#embed,
      ...(sampler ? layers.flatMap(sampled) : layers.flat()),
      ...(sampler?.end ?? []),
      ...this.#outputStages(output),
    ];
  }

  #outputStages(output: StepOutput): StepStage[] {
    return [
      ...(output === "none" ? [] : this.#head),
      ...(output === "token" ? [this.#greedy] : []),
    ];
  }

  #writeStep({ use, tokens, position }: Step): void {
    const end = position + tokens.length;
    assert(tokens.length > 0 && tokens.length <= this.stepTokens, `${tokens.length} tokens`);
    assert(end <= this.#config.contextTokens, `position ${end} is past the context`);
    const { step, tokenIds } = this.#scratch;
    this.#header.set(stepParams(position, tokens.length, use));
    this.#device.queue.writeBuffer(step, 0, this.#header);
    this.#device.queue.writeBuffer(tokenIds, 0, tokens);
  }
}
