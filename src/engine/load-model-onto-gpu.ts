import { adapterName, requestGpu, type Gpu } from "../gpu/device.ts";
import { createAttentionSimilarity, type AttentionSimilarity } from "../kv/attention-similarity.ts";
import { createRowMover, type RowMover } from "../kv/reposition-rows.ts";
import { usualCodecs } from "../kv/stored-forms.ts";
import { ValueCoder } from "../kv/value-coder.ts";
import { compileKernels, type ModelKernels } from "../model/kernels.ts";
import type { ModelConfig } from "../model/loader/chat-config.ts";
import { loadModel, type LoadProgress } from "../model/loader/load-model.ts";
import type { FloatDtype } from "../model/loader/tensor-index.ts";
import { ropeFrequencies } from "../model/rope.ts";
import { Transformer } from "../model/transformer.ts";
import { modelBytes, ModelWeights, weightFormat } from "../model/weights.ts";
import type { ModelInfo } from "../protocol/engine-api.ts";
import type { MeasureDetails } from "../protocol/measures.ts";
import { assert } from "../shared/assert.ts";
import { EngineError } from "../shared/engine-error.ts";
import {
  parseChatTemplate,
  stopConditions,
  type ChatTemplate,
} from "../tokenizer/chat-template.ts";
import { createTokenizer, type Tokenizer } from "../tokenizer/tokenizer.ts";

import { kvFingerprint as fingerprintOf } from "./kv-identity.ts";
import { RestorationCosts } from "./restoration-costs.ts";
import { ResidentSequence } from "./resident-sequence.ts";

/** A model that can answer. Everything on the GPU belongs to its own device and goes with it. */
export interface LoadedModel {
  info: ModelInfo;
  config: ModelConfig;
  gpu: Gpu;
  transformer: Transformer;
  tokenizer: Tokenizer;
  template: ChatTemplate;
  stops: { ids: ReadonlySet<number>; strings: readonly string[] };
  resident: ResidentSequence;
  /** How the resident conversation attends; there once its kernels are compiled. */
  similarity: { current: AttentionSimilarity | undefined };
  /** Moves rows of the cache to lower positions. */
  mover: RowMover;
  /** Turns rows of the cache into what is stored, and back. */
  valueCoder: ValueCoder;
  restorationCosts: RestorationCosts;
  /** Of everything that exact rows depend on. */
  kvFingerprint: string;
}

/**
 * Positions the KV cache has room for at most. Models state contexts of 128k tokens, whose cache would
 * take gigabytes of GPU memory on the spot.
 */
const MAX_CONTEXT_TOKENS = 4096;

interface LoadOptions {
  signal: AbortSignal;
  /** After a loss: the browser may need a moment until it has an adapter again. */
  recovering: boolean;
  onProgress: (progress: LoadProgress) => void;
}

/** What is on the GPU, or on its way there. */
interface OnGpu {
  config: ModelConfig;
  weights: ModelWeights;
  transformer: Promise<{ transformer: Transformer; mover: RowMover; compileMs: number }>;
}

/**
 * Load a model: files, weights to the GPU as they come, pipelines compiled meanwhile.
 *
 * Throws `EngineError` for whatever can go wrong; the device is given back then.
 */
export async function loadModelOntoGpu(
  url: string,
  options: LoadOptions,
): Promise<{ model: LoadedModel; detail: MeasureDetails["model.load"] }> {
  const gpu = options.recovering ? await requestGpuAgain() : await requestGpu();
  const lost = gpu.device.lost.then(({ message }) => {
    throw new EngineError({ code: "device-lost", message });
  });
  try {
    return await Promise.race([loadOnto(gpu, url, options), lost]);
  } catch (error) {
    gpu.device.destroy();
    throw error;
  }
}

const RETRY_DELAYS_MS = [250, 500, 1000, 2000];

async function requestGpuAgain(): Promise<Gpu> {
  for (const delayMs of RETRY_DELAYS_MS) {
    try {
      return await requestGpu();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
  return requestGpu();
}

async function loadOnto(gpu: Gpu, url: string, { signal, onProgress }: LoadOptions) {
  let parts: OnGpu | undefined;
  const loaded = await loadModel(url, {
    signal,
    onProgress,
    async onConfig(config, floats) {
      parts = await prepare(gpu, config, floats);
    },
    onTensor(tensor) {
      parts?.weights.write(tensor);
    },
  });
  assert(parts !== undefined, "a model was loaded without its configuration");
  const { config } = parts;
  const { transformer, mover, compileMs } = await parts.transformer;
  await gpu.device.queue.onSubmittedWorkDone();
  const tokenizer = await createTokenizer(loaded.tokenizerJson, loaded.url);
  const template = parseChatTemplate({ conv_template: config.convTemplate }, loaded.url);
  const stops = stopConditions(template, tokenizer);
  const ids = new Set([...stops.ids, ...config.eosTokenIds]);
  const { weightBytes, networkBytes } = loaded;
  const dependencies = {
    config,
    manifestHash: loaded.manifestHash,
    tokenizer: tokenizer.fingerprint,
  };
  const kvFingerprint = await fingerprintOf(dependencies);
  const info = describeModel(gpu, { ...loaded, config }, tokenizer);
  const resident = new ResidentSequence();
  const similarity = seeAttention(gpu, transformer, resident);
  const valueCoder = new ValueCoder(gpu.device, transformer.cache, ropeFrequencies(config));
  // What a balanced conversation is stored as: it is there when one is opened. Nobody waits for it.
  valueCoder.prepare(usualCodecs(transformer.cache.shape)).catch(() => undefined);
  return {
    model: {
      info,
      config,
      gpu,
      transformer,
      tokenizer,
      template,
      stops: { ids, strings: stops.strings },
      resident,
      similarity,
      mover,
      valueCoder,
      restorationCosts: new RestorationCosts(config, gpu.adapter.software),
      kvFingerprint,
    },
    detail: { url: loaded.url, weightBytes, networkBytes, compileMs, adapter: info.adapter },
  };
}

/** Allocate the weights, start compiling, and allocate what a step needs as soon as that is done. */
async function prepare(gpu: Gpu, stated: ModelConfig, floats: FloatDtype): Promise<OnGpu> {
  const config = {
    ...stated,
    contextTokens: Math.min(stated.contextTokens, MAX_CONTEXT_TOKENS),
  };
  const format = weightFormat(config, floats);
  const { bytes, largestBufferBytes } = modelBytes(config, format);
  if (largestBufferBytes > gpu.device.limits.maxStorageBufferBindingSize)
    throw new EngineError({ code: "out-of-memory", neededBytes: bytes });
  const weights = await allocating(gpu, bytes, () => new ModelWeights(gpu.device, config, format));
  const transformer = buildTransformer(gpu, config, weights);
  // Whoever loads the shards may fail first and never come to wait for it.
  transformer.catch(() => undefined);
  return { config, weights, transformer };
}

async function buildTransformer(gpu: Gpu, config: ModelConfig, weights: ModelWeights) {
  const begun = performance.now();
  const kernels: ModelKernels = await compileKernels(gpu, config, weights.format);
  const compileMs = performance.now() - begun;
  const transformer = await allocating(
    gpu,
    modelBytes(config, weights.format).bytes,
    () => new Transformer(gpu, config, { weights, kernels }),
  );
  const mover = await createRowMover(gpu.device, transformer.cache, ropeFrequencies(config));
  return { transformer, mover, compileMs };
}

/** Allocate, or throw `out-of-memory`: WebGPU tells only afterwards. */
async function allocating<T>({ device }: Gpu, neededBytes: number, allocate: () => T): Promise<T> {
  device.pushErrorScope("out-of-memory");
  const allocated = allocate();
  const error = await device.popErrorScope();
  if (error) throw new EngineError({ code: "out-of-memory", neededBytes }, { cause: error });
  return allocated;
}

/** Nobody waits for it: until it is there, nothing is seen. */
function seeAttention(
  gpu: Gpu,
  transformer: Transformer,
  resident: ResidentSequence,
): LoadedModel["similarity"] {
  const similarity: LoadedModel["similarity"] = { current: undefined };
  createAttentionSimilarity(gpu, transformer.attentionInputs).then(
    (created) => (similarity.current = created),
    // Of a lost device. Without it, no layers share.
    () => undefined,
  );
  resident.onCut = () => similarity.current?.reset();
  return similarity;
}

function describeModel(
  gpu: Gpu,
  { url, config, weightBytes }: { url: string; config: ModelConfig; weightBytes: number },
  tokenizer: Tokenizer,
): ModelInfo {
  const { architecture, quantization, contextTokens, sampling } = config;
  return {
    url,
    architecture,
    quantization,
    contextTokens,
    weightBytes,
    tokenizer: tokenizer.fingerprint,
    sampling,
    adapter: adapterName(gpu.adapter),
  };
}
