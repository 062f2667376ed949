import { storageBuffer } from "../gpu/buffers.ts";
import type { LinearShape } from "../../shaders/forward/linear.ts";
import { weightBytes, type WeightFormat } from "../../shaders/forward/weight-format.ts";
import { rowBytes } from "../kv/cache/kv-cache.ts";
import { assert } from "../shared/assert.ts";
import { decodeFloats } from "../shared/number-formats.ts";
import { isQ4, type ModelConfig } from "./model-config.ts";
import { llamaWeights } from "./architectures/llama-weights.ts";
import type { LoadedTensor } from "./sources/load-model.ts";
import type { FloatDtype } from "./sources/mlc/tensor-index.ts";

/** A weight matrix on the GPU. */
export interface Linear {
  buffer: GPUBuffer;
  shape: LinearShape;
}

export interface LayerWeights {
  /** [hidden] f32, as all norms are. */
  inputNorm: GPUBuffer;
  /** [(heads + 2 × kvHeads) × headDim, hidden] */
  qkv: Linear;
  /** [hidden, heads × headDim] */
  output: Linear;
  attentionNorm: GPUBuffer;
  /** [2 × ffn, hidden]: gate, then up. */
  gateUp: Linear;
  /** [hidden, ffn] */
  down: Linear;
}

/** The format of every matrix, as the kernels name it. */
export function weightFormat(config: ModelConfig, floats: FloatDtype): WeightFormat {
  return isQ4(config.quantization) ? `q4-${floats}` : floats;
}

/** GPU memory that a model's weights and its KV cache take, and the largest buffer among them. */
export function modelBytes(
  config: ModelConfig,
  format: WeightFormat,
): { bytes: number; largestBufferBytes: number } {
  const weights = llamaWeights(config).map(({ shape }) => storedBytes(format, shape));
  const rows = new Array<number>(config.layers).fill(config.contextTokens * rowBytes(config));
  const buffers = [...weights, ...rows];
  return {
    bytes: buffers.reduce((sum, size) => sum + size, 0),
    largestBufferBytes: Math.max(...buffers),
  };
}

/** Bytes of each layer's weights; the embedding counts to the first layer, final norm and head to the last. */
export function layerWeightBytes(config: ModelConfig, format: WeightFormat): number[] {
  const layers = new Array<number>(config.layers).fill(0);
  for (const { name, shape } of llamaWeights(config)) {
    const layer = Math.min(Math.max(layerOf(name), 0), config.layers - 1);
    layers[layer] = (layers[layer] ?? 0) + storedBytes(format, shape);
  }
  return layers;
}

function storedBytes(format: WeightFormat, [rows = 0, columns]: readonly number[]): number {
  if (columns === undefined) return rows * 4;
  const { codes, scales } = weightBytes(format, { rows, columns });
  return codes + scales;
}

/** Number of a weight's layer; -1 of what comes before all, infinite of what comes behind. */
function layerOf(name: string): number {
  const [, layer] = /^model\.layers\.(\d+)\./.exec(name) ?? [];
  if (layer !== undefined) return Number(layer);
  return name.startsWith("model.embed_tokens") ? -1 : Infinity;
}

/** Where a tensor's bytes go. */
interface Slot {
  buffer: GPUBuffer;
  offset: number;
  /** Norms are few and small: kept as f32, whatever they are stored as. */
  norm: boolean;
}

/** All weights of a model on the GPU: allocated at once, then filled tensor by tensor. */
export class ModelWeights {
  /** [vocab, hidden] */
  readonly embedding: Linear;
  readonly layers: readonly LayerWeights[];
  readonly finalNorm: GPUBuffer;
  /** [vocab, hidden]; the embedding where the model ties them. */
  readonly head: Linear;
  readonly format: WeightFormat;
  readonly #device: GPUDevice;
  readonly #slots = new Map<string, Slot>();
  /** Names of weights that have not come. */
  readonly #missing: Set<string>;

  constructor(device: GPUDevice, config: ModelConfig, format: WeightFormat) {
    this.#device = device;
    this.format = format;
    const vocabulary = { rows: config.vocab, columns: config.hidden };
    this.embedding = this.#linear("model.embed_tokens", vocabulary);
    this.layers = Array.from({ length: config.layers }, (_, i) =>
      this.#layer(`model.layers.${i}`, config),
    );
    this.finalNorm = this.#norm("model.norm", config.hidden);
    this.head = config.tiedEmbeddings ? this.embedding : this.#linear("lm_head", vocabulary);
    this.#missing = new Set(this.#slots.keys());
  }

  /** How many layers, from the first on, have all that it takes to run them. */
  get readyLayers(): number {
    let ready = this.layers.length;
    for (const name of this.#missing) ready = Math.min(ready, Math.max(layerOf(name), 0));
    return ready;
  }

  /** Upload one tensor as the loader hands it over. */
  write({ name, dtype, bytes }: Pick<LoadedTensor, "name" | "dtype" | "bytes">): void {
    const slot = this.#slots.get(name);
    assert(slot !== undefined, `no weight is called ${name}`);
    const data = slot.norm && dtype !== "u32" ? decodeFloats(bytes, dtype) : bytes;
    this.#device.queue.writeBuffer(slot.buffer, slot.offset, toWords(data));
    this.#missing.delete(name);
  }

  #layer(name: string, config: ModelConfig): LayerWeights {
    const { hidden, ffn, heads, kvHeads, headDim } = config;
    return {
      inputNorm: this.#norm(`${name}.input_layernorm`, hidden),
      qkv: this.#linear(`${name}.self_attn.qkv_proj`, {
        rows: (heads + 2 * kvHeads) * headDim,
        columns: hidden,
      }),
      output: this.#linear(`${name}.self_attn.o_proj`, { rows: hidden, columns: heads * headDim }),
      attentionNorm: this.#norm(`${name}.post_attention_layernorm`, hidden),
      gateUp: this.#linear(`${name}.mlp.gate_up_proj`, { rows: 2 * ffn, columns: hidden }),
      down: this.#linear(`${name}.mlp.down_proj`, { rows: hidden, columns: ffn }),
    };
  }

  #linear(name: string, shape: LinearShape): Linear {
    const { codes, scales } = weightBytes(this.format, shape);
    const buffer = storageBuffer(this.#device, name, codes + scales);
    if (scales === 0) {
      this.#slots.set(`${name}.weight`, { buffer, offset: 0, norm: false });
    } else {
      this.#slots.set(`${name}.q_weight`, { buffer, offset: 0, norm: false });
      this.#slots.set(`${name}.q_scale`, { buffer, offset: codes, norm: false });
    }
    return { buffer, shape };
  }

  #norm(name: string, size: number): GPUBuffer {
    const buffer = storageBuffer(this.#device, name, size * 4);
    this.#slots.set(`${name}.weight`, { buffer, offset: 0, norm: true });
    return buffer;
  }
}

/** Copies into GPU memory are whole words; an odd number of f16 gets two bytes of padding. */
function toWords(
  data: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>,
): ArrayBufferView<ArrayBuffer> {
  if (data.byteLength % 4 === 0) return data;
  const padded = new Uint8Array(data.byteLength + 2);
  padded.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return padded;
}
