import type { Device, DeviceBuffer } from "../../device/device.ts";
import { ARGMAX_GRID } from "../../../shaders/forward/argmax.ts";
import {
  combineGrid,
  decodeAttentionGrid,
  prefillAttentionGrid,
} from "../../../shaders/forward/attention.ts";
import { embedGrid } from "../../../shaders/forward/embed.ts";
import {
  linearParams,
  type LinearOutput,
  type LinearShape,
} from "../../../shaders/forward/linear.ts";
import { rmsNormGrid } from "../../../shaders/forward/rms-norm.ts";
import { ropeAppendGrid } from "../../../shaders/forward/rope-append.ts";
import { uploadUniform } from "../../device/buffers.ts";
import type { Stage } from "../../device/commands.ts";
import { bindKernel } from "../../device/kernel.ts";
import type { KvCache } from "../../kv/cache/kv-cache.ts";
import { assert } from "../../shared/assert.ts";
import { at } from "../../shared/at.ts";
import { qkvShape, type ModelKernels } from "./kernels.ts";
import { cacheIndexOf, isCachedLayer } from "../kv-layers.ts";
import type { ModelConfig } from "../model-config.ts";
import type { Scratch } from "./scratch.ts";
import type { LayerWeights, Linear, ModelWeights } from "../weights.ts";

/** One dispatch of the forward pass, for a step of `tokens` tokens whose first is at `position`. */
export type StepStage = Stage<[tokens: number, position: number]>;

/** Everything that the stages of a forward pass are bound to. */
export interface ForwardParts {
  device: Device;
  config: ModelConfig;
  weights: ModelWeights;
  kernels: ModelKernels;
  scratch: Scratch;
  cache: KvCache;
}

type LayerKernels = ModelKernels["cached"];

/** Binds the stage that turns token ids into hidden states. */
export function bindEmbed(parts: ForwardParts): StepStage {
  const { device, config, weights, kernels, scratch } = parts;
  const { x, step, tokenIds } = scratch;
  const bound = bindKernel(device, kernels.embed, {
    weights: weights.embedding.buffer,
    tokenIds,
    x,
    params: params(parts, weights.embedding.shape),
    step,
  });
  return { bound, grid: (tokens) => embedGrid(config.hidden, tokens) };
}

/** Binds every layer's stages for a step of many tokens, which takes matrix products. */
export function bindPrefill(parts: ForwardParts): StepStage[][] {
  return parts.weights.layers.map((layer, i) => prefillLayer(parts, layer, i));
}

/** Binds every layer's stages for a step of one token, which takes matrix-vector products with the norms folded in. */
export function bindDecode(parts: ForwardParts): StepStage[][] {
  return parts.weights.layers.map((layer, i) => decodeLayer(parts, layer, i));
}

/** Binds the stages that compute the last token's logits and the greedy choice among them. */
export function bindHead(parts: ForwardParts): { head: StepStage[]; greedy: StepStage } {
  const { device, config, weights, kernels, scratch } = parts;
  const { x, logits, token } = scratch;
  const head = [matvec(parts, "store", headOf(parts), { x, gain: weights.finalNorm, y: logits })];
  const params = uploadUniform(device, "argmax", Uint32Array.of(config.activeVocab));
  const bound = bindKernel(device, kernels.argmax, { logits, token, params });
  return { head, greedy: { bound, grid: () => ARGMAX_GRID } };
}

/** Binds the stages that compute the logits after every token of a step, [tokens, vocab]. */
export function bindEveryHead(parts: ForwardParts, logits: DeviceBuffer): StepStage[] {
  const { weights, scratch } = parts;
  return [
    rmsNorm(parts, weights.finalNorm),
    matmul(parts, "store", headOf(parts), { x: scratch.normed, y: logits }),
  ];
}

/** The matrix that makes logits of hidden states, [vocab, hidden]. */
function headOf({ config, weights }: ForwardParts): Linear {
  const head = config.tiedEmbeddings ? weights.embedding : weights.head;
  assert(head !== undefined, "the model has no head of its own");
  return head;
}

function prefillLayer(parts: ForwardParts, layer: LayerWeights, index: number): StepStage[] {
  const { x, normed, qkv, attended, activated } = parts.scratch;
  return [
    rmsNorm(parts, layer.attentionNorm),
    matmul(parts, "store", layer.qkv, { x: normed, y: qkv }),
    ropeAppend(parts, layer, index),
    prefillAttention(parts, index),
    matmul(parts, "add", layer.attentionOutput, { x: attended, y: x }),
    rmsNorm(parts, layer.mlpNorm),
    matmul(parts, "swiglu", layer.gateUp, { x: normed, y: activated }),
    matmul(parts, "add", layer.down, { x: activated, y: x }),
  ];
}

function decodeLayer(parts: ForwardParts, layer: LayerWeights, index: number): StepStage[] {
  const { x, qkv, attended, activated } = parts.scratch;
  // A product without a norm does not read the gain, but some buffer has to be bound that the layer does not write.
  const gain = layer.attentionNorm;
  return [
    matvec(parts, "store", layer.qkv, { x, gain, y: qkv }),
    ropeAppend(parts, layer, index),
    ...decodeAttention(parts, index),
    matvec(parts, "add", layer.attentionOutput, { x: attended, gain, y: x }),
    matvec(parts, "swiglu", layer.gateUp, {
      x,
      gain: layer.mlpNorm,
      y: activated,
    }),
    matvec(parts, "add", layer.down, { x: activated, gain, y: x }),
  ];
}

function params(
  { device, config }: ForwardParts,
  shape: LinearShape,
  output: LinearOutput = "store",
): DeviceBuffer {
  const contents = linearParams(shape, { epsilon: config.rmsNormEps, output });
  return uploadUniform(device, "shape", contents);
}

function rmsNorm(parts: ForwardParts, gain: DeviceBuffer): StepStage {
  const { device, config, kernels, scratch } = parts;
  const { x, normed, step } = scratch;
  const bound = bindKernel(device, kernels.rmsNorm, {
    x,
    gain,
    y: normed,
    params: params(parts, { rows: 0, columns: config.hidden }),
    step,
  });
  return { bound, grid: (tokens) => rmsNormGrid(tokens, kernels.choice.sharing) };
}

function matmul(
  parts: ForwardParts,
  output: LinearOutput,
  { buffer, shape, format }: Linear,
  data: Record<"x" | "y", DeviceBuffer>,
): StepStage {
  const { device, kernels, scratch } = parts;
  const bound = bindKernel(device, kernels.matmul(format, output), {
    weights: buffer,
    ...data,
    params: params(parts, shape, output),
    step: scratch.step,
  });
  return { bound, grid: (tokens) => kernels.choice.matmul.grid(shape, tokens) };
}

function matvec(
  parts: ForwardParts,
  output: LinearOutput,
  { buffer, shape, format }: Linear,
  data: Record<"x" | "gain" | "y", DeviceBuffer>,
): StepStage {
  const { device, kernels, scratch } = parts;
  const bound = bindKernel(device, kernels.matvec(format, output), {
    weights: buffer,
    ...data,
    params: params(parts, shape, output),
    step: scratch.step,
  });
  return { bound, grid: () => kernels.choice.matvec.grid(shape) };
}

/** The rows that a layer attends to: its own, or those of a layer before it. */
const layerCache = ({ cache, config }: ForwardParts, layer: number): DeviceBuffer =>
  at(cache.layers, cacheIndexOf(config, layer));

const kernelsOf = ({ kernels, config }: ForwardParts, layer: number): LayerKernels =>
  isCachedLayer(config, layer) ? kernels.cached : kernels.readers;

function ropeAppend(parts: ForwardParts, layer: LayerWeights, index: number): StepStage {
  const { device, config, kernels, scratch } = parts;
  const { rotation, qkv, step } = scratch;
  // A layer without biases or norms of heads does not read them, but some buffer has to be bound.
  const { qkvBias = rotation, queryNorm = rotation, keyNorm = rotation } = layer.heads;
  const bound = bindKernel(device, kernelsOf(parts, index).ropeAppend, {
    rotation,
    qkv,
    cache: layerCache(parts, index),
    bias: qkvBias,
    queryGain: queryNorm,
    keyGain: keyNorm,
    step,
  });
  const shape = qkvShape(config, index);
  return { bound, grid: (tokens) => ropeAppendGrid(shape, kernels.choice.sharing, tokens) };
}

function prefillAttention(parts: ForwardParts, layer: number): StepStage {
  const { device, kernels, scratch } = parts;
  const { qkv, attended, stats, step } = scratch;
  const bound = bindKernel(device, kernelsOf(parts, layer).prefillAttention, {
    qkv,
    cache: layerCache(parts, layer),
    y: attended,
    stats,
    step,
  });
  return { bound, grid: (tokens) => prefillAttentionGrid(kernels.choice.attention, tokens) };
}

function decodeAttention(parts: ForwardParts, layer: number): StepStage[] {
  const { device, kernels, scratch } = parts;
  const { qkv, attended, partial, stats, step } = scratch;
  const { attention } = kernels.choice;
  const cache = layerCache(parts, layer);
  const slices = { qkv, cache, y: partial, stats, step };
  return [
    {
      bound: bindKernel(device, kernelsOf(parts, layer).decodeAttention, slices),
      grid: (_tokens, position) => decodeAttentionGrid(attention, position + 1),
    },
    {
      bound: bindKernel(device, kernels.combine, { partial, stats, y: attended, step }),
      grid: () => combineGrid(attention),
    },
  ];
}
