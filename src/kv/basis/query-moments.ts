import type { Device } from "../../device/device.ts";
import { sampleParams, sampleTokens } from "../../../shaders/statistics/attention-rows.ts";
import {
  momentsBytes,
  queryMomentsGrid,
  queryMomentsSource,
  readMoments,
} from "../../../shaders/statistics/query-moments.ts";
import { rotationTable, type HeadShape } from "../../../shaders/forward/rope-append.ts";
import { storageBuffer, uploadStorage, uploadUniform } from "../../device/buffers.ts";
import { submit } from "../../device/commands.ts";
import { bindKernel, compileKernel } from "../../device/kernel.ts";
import { readBuffer } from "../../device/readback.ts";
import { assert } from "../../shared/assert.ts";
import {
  SAMPLED_ROWS,
  type AttentionInputs,
  type AttentionSampler,
} from "../cache/attention-sampler.ts";
import type { HeadMoments } from "./basis-weighting.ts";

export interface QueryMomentsOptions {
  /** RoPE's angle per position: [headDim / 2], in radians */
  frequencies: readonly number[];
  /** Most rows of a step that are sampled: evenly spaced tokens, the last one included. */
  rows?: number;
}

/** Queries sampled since the last reset. */
export interface QueryMoments extends HeadMoments {
  /** Queries of one layer that each KV head has met: tokens × the query heads that share it. */
  queries: number;
}

/**
 * Second moments of the queries that a layer's keys meet, with RoPE undone: of its own queries and of those of other
 * layers that attend to these keys. They say which errors of a key matter. They are sampled in the forward pass, as
 * attention similarity is.
 */
export interface QueryMomentEstimator extends AttentionSampler {
  /** The sums over all steps submitted until now. */
  read(): Promise<QueryMoments>;
  /** Forgets all queries, those of submitted steps too. */
  reset(): void;
  /** Goes on from sums that were read before, in place of the present ones. */
  restore(moments: HeadMoments): void;
  /** Frees the buffers. */
  destroy(): void;
}

/** Compiles the kernels and binds them to every layer, once. */
export async function createQueryMoments(
  device: Device,
  { qkv, step, cache, heads, hasReaders = false }: AttentionInputs,
  { frequencies, rows = SAMPLED_ROWS }: QueryMomentsOptions,
): Promise<QueryMomentEstimator> {
  const { kvHeads, headDim, contextTokens } = cache.shape;
  const shape = { heads, kvHeads, headDim };
  const kernels = await compileKernels(device, shape, hasReaders);
  const table = rotationTable(frequencies, contextTokens);
  const rotation = uploadStorage(device, "query moments' rotation", table);
  const moments = storageBuffer(device, "query moments", momentsBytes(shape, cache.shape.layers));
  const sample = uploadUniform(device, "query sample", new Uint32Array(3));
  const places = cache.layers.map((_, layer) =>
    uploadUniform(device, "query layer", Uint32Array.of(layer)),
  );
  const grid = queryMomentsGrid(shape);
  // Sums of queries that were read back earlier, and how many were sampled in all.
  let restored: Float64Array | undefined;
  let tokens = 0;
  const clear = () => {
    submit(device, (encoder) => {
      encoder.clearBuffer(moments);
    });
  };
  const [layers = [], readers = []] = kernels.map((kernel) =>
    places.map((layer) => {
      const buffers = { rotation, qkv, moments, step, sample, layer };
      return [{ bound: bindKernel(device, kernel, buffers), grid: () => grid }];
    }),
  );
  return {
    layers,
    readers,
    end: [],
    begin(stepTokens) {
      const chosen = sampleTokens(stepTokens, rows);
      device.queue.writeBuffer(sample, 0, sampleParams(chosen));
      tokens += chosen.rows;
    },
    async read() {
      const [sampled, before] = [tokens, restored];
      const sums = readMoments(new Float32Array(await readBuffer(device, moments)), headDim);
      before?.forEach((value, i) => (sums[i] = (sums[i] ?? NaN) + value));
      return { sums, tokens: sampled, queries: (sampled * heads) / kvHeads };
    },
    reset() {
      tokens = 0;
      restored = undefined;
      clear();
    },
    restore(earlier) {
      assert(earlier.sums.length * 4 === moments.size, "moments of another shape");
      tokens = earlier.tokens;
      restored = earlier.sums;
      clear();
    },
    destroy() {
      for (const buffer of [rotation, moments, sample, ...places]) buffer.destroy();
    },
  };
}

/** The kernel for layers with keys of their own and, if there are others, the one for these. */
const compileKernels = (device: Device, shape: HeadShape, hasReaders: boolean) =>
  Promise.all(
    (hasReaders ? [false, true] : [false]).map((queriesOnly) =>
      compileKernel(device, queryMomentsSource(shape, { queriesOnly })),
    ),
  );
