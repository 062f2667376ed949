import { adapterName, type Hardware } from "../../device/device.ts";
import type { KvCache } from "../../kv/cache/kv-cache.ts";
import { ValueCoder } from "../../kv/value/value-coder.ts";
import type { Transformer } from "../../model/forward/transformer.ts";
import type { ModelConfig } from "../../model/model-config.ts";
import { ropeFrequencies } from "../../model/rope.ts";
import { loadTestModel } from "../../model/testing.ts";
import type { ModelWeights } from "../../model/weights.ts";
import { renderPrompt, slotsOf } from "../../tokenizer/chat-template.ts";
import { createTokenizer, type Tokenizer } from "../../tokenizer/tokenizer.ts";
import { CacheProbe } from "../cache-probe.ts";

/** All layers of a chunk are one stored value, so that groups of any number of layers can be compared. */
const VALUE_BYTES = 2 ** 30;

/** A model whose cache is filled, stored in many forms and read back. */
export interface ProbedModel {
  hardware: Hardware;
  adapter: string;
  config: ModelConfig;
  weights: ModelWeights;
  tokenizer: Tokenizer;
  transformer: Transformer;
  cache: KvCache;
  probe: CacheProbe;
  /** Codes rows of the cache into the bytes that the engine stores, and back. */
  coder: ValueCoder;
  /** RoPE's angle per position: [headDim / 2], in radians. */
  frequencies: readonly number[];
}

interface LoadOptions {
  fetchFile?: typeof fetch;
  /** The most positions that there is room for. */
  contextTokens: number;
}

/**
 * Loads a model from any source that the engine has.
 *
 * @param address URL of a model; one that begins with a slash is below the project's root
 */
export async function loadProbedModel(
  hardware: Hardware,
  address: string,
  { contextTokens, fetchFile }: LoadOptions,
): Promise<ProbedModel> {
  const loaded = await loadTestModel(hardware, address, {
    contextTokens,
    valueBytes: VALUE_BYTES,
    ...(fetchFile && { fetchFile }),
  });
  const { transformer, config, weights, description } = loaded;
  const tokenizer = await createTokenizer(description.tokenizerJson, description.url);
  const template = slotsOf(description.chatTemplate);
  const render = (messages: Parameters<CacheProbe["render"]>[0]) =>
    renderPrompt(template, tokenizer, messages);
  const { cache } = transformer;
  const frequencies = ropeFrequencies(config);
  return {
    hardware,
    adapter: adapterName(hardware.adapter),
    config,
    weights,
    tokenizer,
    transformer,
    cache,
    probe: new CacheProbe({ hardware, transformer, tokenizer, render }),
    coder: new ValueCoder(hardware.device, cache, frequencies),
    frequencies,
  };
}
