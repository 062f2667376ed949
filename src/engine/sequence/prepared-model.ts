import type { Gpu } from "../../gpu/device.ts";
import { allSamplers, type AttentionSampler } from "../../kv/cache/attention-sampler.ts";
import type { KvCache } from "../../kv/cache/kv-cache.ts";
import type { RowMover } from "../../kv/cache/reposition-rows.ts";
import type { AttentionSimilarity } from "../../kv/sharing/attention-similarity.ts";
import type { ValueCoder } from "../../kv/value/value-coder.ts";
import type { Transformer } from "../../model/forward/transformer.ts";
import type { ModelConfig } from "../../model/model-config.ts";
import type { ModelWeights } from "../../model/weights.ts";
import type { ModelInfo } from "../../protocol/engine-api.ts";
import type { ChatTemplate } from "../../tokenizer/chat-template.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { LayerArrival } from "./layer-arrival.ts";
import type { ParkedRows } from "./parked-rows.ts";
import type { ResidentSequence } from "./resident-sequence.ts";
import type { RestorationCosts } from "./restoration-costs.ts";

/**
 * A model of which all is known, and whose KV cache can be filled; its weights and kernels may still be on
 * their way. Everything on the GPU belongs to its own device and goes with it.
 */
export interface PreparedModel {
  info: ModelInfo;
  config: ModelConfig;
  gpu: Gpu;
  cache: KvCache;
  layers: LayerArrival;
  tokenizer: Tokenizer;
  template: ChatTemplate;
  stops: { ids: ReadonlySet<number>; strings: readonly string[] };
  resident: ResidentSequence;
  /** Rows of other conversations, on the GPU. */
  parked: ParkedRows;
  /** How the resident conversation attends; there once somebody has asked for it and its kernels are compiled. */
  similarity: {
    current: AttentionSimilarity | undefined;
    /** Compiles the kernels, if nobody has asked before. Never rejects. */
    begin: () => Promise<void>;
    /** What its keys meet, while a basis is learned. */
    queries?: AttentionSampler | undefined;
  };
  /** Turns rows of the cache into what is stored, and back. */
  valueCoder: ValueCoder;
  restorationCosts: RestorationCosts;
  /** Of everything that exact rows depend on. */
  kvFingerprint: string;
}

/** A model that can answer: the same object, once it is complete. */
export interface LoadedModel extends PreparedModel {
  transformer: Transformer;
  weights: ModelWeights;
  /** Moves rows of the cache to lower positions. Compiled when it is first asked for. */
  mover: () => Promise<RowMover>;
}

/** What looks at steps of a conversation that is not kept as it is. */
export function samplerOf({ similarity }: PreparedModel): AttentionSampler | undefined {
  const samplers = [similarity.current, similarity.queries].filter((one) => one !== undefined);
  return samplers.length > 0 ? allSamplers(samplers) : undefined;
}
