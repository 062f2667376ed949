import {
  channelsOf,
  groupParams,
  packForward,
  packInverse,
  packMeans,
  type GroupShape,
} from "../../shaders/basis-group.ts";
import { centerRowsGrid, centerRowsSource } from "../../shaders/center-rows.ts";
import { restoreRowsGrid, restoreRowsSource } from "../../shaders/restore-rows.ts";
import { rotationTable } from "../../shaders/rope-append.ts";
import { transformRowsGrid, transformRowsSource } from "../../shaders/transform-rows.ts";
import { storageBuffer, uploadStorage, uploadUniform } from "../gpu/buffers.ts";
import { bindKernel, compileKernel, type BoundKernel, type Grid } from "../gpu/kernel.ts";
import { assert } from "../shared/assert.ts";
import type { KvCache } from "./kv-cache.ts";
import type { TransformBasis } from "./transform-basis.ts";
import { groupTransform } from "./transform-codec.ts";

export interface Stage {
  bound: BoundKernel;
  /** Of a run of so many tokens. */
  grid: (tokens: number) => Grid;
}

/** What a group's rows pass through. */
export interface GroupStages extends GroupShape {
  firstLayer: number;
  /** From `rows` to `codes`. */
  forward: readonly Stage[];
  /** From `live` and `liveCodes` to `rows`. */
  inverse: Stage;
  destroy(): void;
}

/** One group of one run at a time: the queue keeps them in order. */
export interface SharedBuffers {
  rotation: GPUBuffer;
  run: GPUBuffer;
  /** [layers, tokens, 2, kvHeads, headDim] f16: the group's rows of the run. */
  rows: GPUBuffer;
  /** [2, channels, tokens] f32 */
  numbers: GPUBuffer;
  /** [components, tokens] i16 */
  codes: GPUBuffer;
  /** [live] u32 */
  live: GPUBuffer;
  /** [live, tokens] f32 */
  liveCodes: GPUBuffer;
}

/** Words of the `run` uniform. */
const RUN_WORDS = 6;
/** A binding is never empty: a vec4f at least. */
const MIN_BYTES = 16;

/** As large as the largest group needs them. */
export function sharedBuffers(
  device: GPUDevice,
  cache: KvCache,
  basis: TransformBasis,
  { frequencies, maxTokens }: { frequencies: readonly number[]; maxTokens: number },
): SharedBuffers {
  const { kvHeads, headDim, contextTokens } = cache.shape;
  const { groups } = basis;
  const layers = Math.max(...groups.map(({ layers: { start, end } }) => end - start));
  const components = Math.max(
    ...groups.map(({ keys, values }) => keys.deviations.length + values.deviations.length),
  );
  const buffer = (label: string, bytes: number) =>
    storageBuffer(device, `transform ${label}`, Math.max(bytes, MIN_BYTES));
  return {
    rotation: uploadStorage(
      device,
      "transform rotation",
      rotationTable(frequencies, contextTokens),
    ),
    run: uploadUniform(device, "transform run", new Uint32Array(RUN_WORDS)),
    rows: buffer("rows", layers * cache.rowBytes * maxTokens),
    numbers: buffer("numbers", 2 * layers * kvHeads * headDim * maxTokens * 4),
    codes: buffer("codes", components * maxTokens * 2),
    live: buffer("live", components * 4),
    liveCodes: buffer("live codes", components * maxTokens * 4),
  };
}

/** Compiles the kernels once, and binds them to every group. */
export async function bindGroups(
  device: GPUDevice,
  cache: KvCache,
  basis: TransformBasis,
  shared: SharedBuffers,
): Promise<GroupStages[]> {
  const kernels = await compileAll(device, cache);
  return basis.groups.map((group) => {
    const transform = groupTransform(group, basis);
    const { kvHeads, headDim, layers, components } = transform;
    const shape = { kvHeads, headDim, layers, components };
    assert(channelsOf(shape) > 0, "a group has no layers");
    const owned = uploadGroup(device, transform);
    return {
      ...shape,
      firstLayer: group.layers.start,
      ...bindStages(device, kernels, shape, { ...shared, ...owned }),
      destroy() {
        for (const buffer of Object.values<GPUBuffer>(owned)) buffer.destroy();
      },
    };
  });
}

type Kernels = Awaited<ReturnType<typeof compileAll>>;

async function compileAll(device: GPUDevice, { shape }: KvCache) {
  const [center, transform, restore] = await Promise.all([
    compileKernel(device, centerRowsSource(shape)),
    compileKernel(device, transformRowsSource(shape)),
    compileKernel(device, restoreRowsSource(shape)),
  ]);
  return { center, transform, restore };
}

/** A group's own buffers. */
function uploadGroup(device: GPUDevice, transform: ReturnType<typeof groupTransform>) {
  const forward = packForward(transform);
  const inverse = packInverse(transform);
  const units = { forward: forward.units, inverse: inverse.units };
  return {
    mean: uploadStorage(device, "transform mean", packMeans(transform)),
    forward: uploadStorage(device, "transform forward", forward.words),
    inverse: uploadStorage(device, "transform inverse", inverse.words),
    group: uploadUniform(device, "transform group", groupParams(transform, units)),
  };
}

function bindStages(
  device: GPUDevice,
  { center, transform, restore }: Kernels,
  shape: GroupShape,
  { forward, inverse, ...buffers }: SharedBuffers & ReturnType<typeof uploadGroup>,
): Pick<GroupStages, "forward" | "inverse"> {
  const centering: Stage = {
    bound: bindKernel(device, center, buffers),
    grid: (tokens) => centerRowsGrid(shape, tokens),
  };
  const product: Stage = {
    bound: bindKernel(device, transform, { ...buffers, matrix: forward }),
    grid: (tokens) => transformRowsGrid(shape, tokens),
  };
  const restoring: Stage = {
    bound: bindKernel(device, restore, { ...buffers, matrix: inverse, codes: buffers.liveCodes }),
    grid: (tokens) => restoreRowsGrid(shape, tokens),
  };
  return { forward: [centering, product], inverse: restoring };
}
