import {
  attentionGramGrid,
  attentionGramSource,
  gramBytes,
  readGram,
} from "../../../shaders/statistics/attention-gram.ts";
import {
  attentionMeanGrid,
  attentionMeanSource,
  attentionRowsBytes,
  attentionRowsGrid,
  attentionRowsSource,
  sampleParams,
  sampleTokens,
  type AttentionMeanBinding,
  type AttentionRowsBinding,
  type AttentionRowsPlan,
  type TokenSample,
} from "../../../shaders/statistics/attention-rows.ts";
import { planAttention } from "../../../shaders/forward/attention.ts";
import { laneSharing } from "../../../shaders/reduce.ts";
import { storageBuffer, uploadUniform } from "../../device/buffers.ts";
import { submit } from "../../device/commands.ts";
import type { Hardware, Device } from "../../device/device.ts";
import { bindKernel, compileKernel, type Kernel } from "../../device/kernel.ts";
import { readBuffer } from "../../device/readback.ts";
import { assert } from "../../shared/assert.ts";
import {
  SAMPLED_ROWS,
  type AttentionInputs,
  type AttentionSampler,
  type SamplingStage,
} from "../cache/attention-sampler.ts";
import { planSampling, SIMILARITY_BYTES } from "./sampling-plan.ts";

export interface SimilarityOptions {
  /** The most rows of a step that are sampled. More rows say more of the conversation, and cost more time. */
  rows?: number;
  /**
   * What a layer's attention vector is made of: a mean row for each KV head, as a shared KV head serves
   * all its query heads at once, or one mean row in all, which takes kvHeads times less memory.
   */
  grouping?: "kv-head" | "all";
  /** The most bytes of all buffers. Where a model asks for more, less is sampled: `planSampling`. */
  bytes?: number;
}

/** How alike the layers attend, over all rows sampled since the last reset. */
export interface AttentionSums {
  /** G [layers, layers], symmetric: Σ A_i · A_j over the rows, A_i being layer i's weights of a row. */
  gram: Float64Array;
  /** [layers]: mean share of attention on the first and last tenth of the positions a query sees. */
  edgeMass: Float64Array;
  /** How many rows were sampled. */
  rows: number;
}

/**
 * Krul's token-wise attention similarity estimator (arXiv:2507.08045): recomputes the attention weights
 * of sampled query rows of a step, and keeps only what they add to the sums.
 */
export interface AttentionSimilarity extends AttentionSampler {
  /** The sums over all steps submitted until now. */
  read(): Promise<AttentionSums>;
  /** Forgets all rows, those of submitted steps too. */
  reset(): void;
  /** Frees the buffers. */
  destroy(): void;
}

/** Compiles the kernels and binds them to every layer, once. */
export async function createAttentionSimilarity(
  hardware: Hardware,
  inputs: AttentionInputs,
  options: SimilarityOptions = {},
): Promise<AttentionSimilarity> {
  const { device } = hardware;
  const { layers } = inputs.cache.shape;
  const plan = planRows(hardware, inputs, options);
  const sharing = laneSharing(hardware.adapter);
  const [scores, mean, gram] = await Promise.all([
    compileKernel(device, attentionRowsSource(plan)),
    compileKernel(device, attentionMeanSource(plan)),
    compileKernel(device, attentionGramSource({ ...plan, layers }, sharing)),
  ]);
  const buffers = allocate(device, plan, layers);
  const { stages, places } = bindLayers(device, { inputs, buffers, plan, scores, mean });
  const end = {
    bound: bindKernel(device, gram, { ...buffers, step: inputs.step }),
    grid: (tokens: number, position: number) =>
      attentionGramGrid(layers, sampleOf(plan, tokens, position).rows, sharing),
  };
  let rows = 0;
  return {
    layers: stages,
    end: [end],
    begin(tokens, position) {
      const sample = sampleOf(plan, tokens, position);
      device.queue.writeBuffer(buffers.sample, 0, sampleParams(sample));
      rows += sample.rows;
    },
    async read() {
      const sampled = rows;
      const sums = readGram(new Uint32Array(await readBuffer(device, buffers.sums)), layers);
      // Without rows the mass is 0.
      const share = 1 / Math.max(1, sampled * plan.groups);
      return { gram: sums.gram, edgeMass: sums.edge.map((mass) => mass * share), rows: sampled };
    },
    reset() {
      rows = 0;
      submit(device, (encoder) => {
        encoder.clearBuffer(buffers.sums);
      });
    },
    destroy() {
      for (const buffer of [...Object.values(buffers), ...places]) buffer.destroy();
    },
  };
}

/**
 * How far apart two layers' attention is: Euclidean distance of their weights of all sampled rows,
 * D[i][j] = √(G[i][i] + G[j][j] − 2 G[i][j]).
 *
 * @param gram [layers, layers], symmetric
 * @returns [layers, layers], symmetric, 0 on the diagonal
 */
export function layerDistances(gram: Float64Array): Float64Array {
  const layers = Math.sqrt(gram.length);
  assert(Number.isInteger(layers), `${gram.length} sums are no square`);
  const at = (i: number, j: number) => gram[i * layers + j] ?? NaN;
  return gram.map((product, cell) => {
    const i = Math.floor(cell / layers);
    const j = cell % layers;
    // Rounding may leave a little less than nothing.
    return Math.sqrt(Math.max(0, at(i, i) + at(j, j) - 2 * product));
  });
}

function planRows(
  { adapter }: Hardware,
  { cache, heads, scoreWidth }: AttentionInputs,
  { rows = SAMPLED_ROWS, grouping = "kv-head", bytes = SIMILARITY_BYTES }: SimilarityOptions,
): AttentionRowsPlan {
  const { kvHeads, headDim } = cache.shape;
  const plan = planSampling({ ...cache.shape, heads }, { rows, grouping, bytes });
  return {
    ...planAttention({ heads, kvHeads, headDim, ...(scoreWidth && { scoreWidth }) }, adapter),
    rows: plan.rows,
    groups: plan.groups,
    contextTokens: plan.watchedTokens,
  };
}

/** The rows of a step that are sampled. There are none where the buffers have no room for all that they attend to. */
const sampleOf = (
  { rows, contextTokens }: AttentionRowsPlan,
  tokens: number,
  position: number,
): TokenSample =>
  position + tokens <= contextTokens
    ? sampleTokens(tokens, rows)
    : { first: 0, stride: 1, rows: 0 };

type SimilarityBuffers = ReturnType<typeof allocate>;

function allocate(device: Device, plan: AttentionRowsPlan, layers: number) {
  const bytes = attentionRowsBytes(plan);
  return {
    /** u32 first, stride, rows */
    sample: uploadUniform(device, "attention sample", new Uint32Array(3)),
    scores: storageBuffer(device, "attention scores", bytes.scores),
    stats: storageBuffer(device, "attention row stats", bytes.stats),
    weights: storageBuffer(device, "attention weights", layers * bytes.weights),
    sums: storageBuffer(device, "attention sums", gramBytes(layers)),
  };
}

interface LayerParts {
  inputs: AttentionInputs;
  buffers: SimilarityBuffers;
  plan: AttentionRowsPlan;
  scores: Kernel<AttentionRowsBinding>;
  mean: Kernel<AttentionMeanBinding>;
}

function bindLayers(device: Device, parts: LayerParts) {
  const { inputs, buffers, plan } = parts;
  const { qkv, step } = inputs;
  const { sample, scores, stats, weights } = buffers;
  const sampled = (tokens: number, position: number) => ({
    rows: sampleOf(plan, tokens, position).rows,
    end: position + tokens,
  });
  const places = inputs.cache.layers.map((_, layer) =>
    uploadUniform(device, "attention layer", Uint32Array.of(layer)),
  );
  const stages = inputs.cache.layers.map((cache, layer): SamplingStage[] => {
    const place = places[layer];
    assert(place !== undefined, `there is no layer ${layer}`);
    return [
      {
        bound: bindKernel(device, parts.scores, { qkv, cache, scores, stats, step, sample }),
        grid: (tokens, position) => attentionRowsGrid(plan, sampled(tokens, position)),
      },
      {
        bound: bindKernel(device, parts.mean, { scores, stats, weights, step, sample, place }),
        grid: (tokens, position) => attentionMeanGrid(plan, sampled(tokens, position)),
      },
    ];
  });
  return { stages, places };
}
