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
  /** From the cache to `codes`. */
  forward: readonly Stage[];
  /** From `rows` and `liveCodes` to the cache. */
  inverse: readonly Stage[];
  destroy(): void;
}

/** One group of one run at a time: the queue keeps them in order. */
export interface SharedBuffers {
  rotation: GPUBuffer;
  run: GPUBuffer;
  /** [2, channels, tokens] f32 */
  numbers: GPUBuffer;
  /** [components, tokens] i16 */
  codes: GPUBuffer;
  /** [live] u32 */
  rows: GPUBuffer;
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
    numbers: buffer("numbers", 2 * layers * kvHeads * headDim * maxTokens * 4),
    codes: buffer("codes", components * maxTokens * 2),
    rows: buffer("live rows", components * 4),
    liveCodes: buffer("live codes", components * maxTokens * 4),
  };
}

/** Compiles the kernels once, and binds them to every layer of every group. */
export async function bindGroups(
  device: GPUDevice,
  cache: KvCache,
  basis: TransformBasis,
  shared: SharedBuffers,
): Promise<GroupStages[]> {
  const kernels = await compileAll(device, cache);
  return basis.groups.map((group) => {
    const transform = groupTransform(group, basis);
    const owned = uploadGroup(device, transform);
    const layers = cache.layers.slice(group.layers.start, group.layers.end);
    const bound = layers.map((layer, i) => {
      const place = owned.places[i];
      assert(place !== undefined, `there is no layer ${i}`);
      return { ...shared, mean: owned.mean, cache: layer, group: place };
    });
    const { kvHeads, headDim, components } = transform;
    const shape = { kvHeads, headDim, layers: layers.length, components };
    return {
      ...shape,
      ...bindStages(device, kernels, { shape, bound, ...owned }),
      destroy() {
        for (const buffer of [owned.mean, owned.forward, owned.inverse, ...owned.places])
          buffer.destroy();
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
    places: Array.from({ length: transform.layers }, (_, layer) =>
      uploadUniform(device, "transform group", groupParams(transform, layer, units)),
    ),
  };
}

interface GroupBuffers {
  shape: GroupShape;
  /** Of each layer. */
  bound: readonly (SharedBuffers & Record<"mean" | "cache" | "group", GPUBuffer>)[];
  forward: GPUBuffer;
  inverse: GPUBuffer;
}

function bindStages(
  device: GPUDevice,
  { center, transform, restore }: Kernels,
  { shape, bound, forward, inverse }: GroupBuffers,
): Pick<GroupStages, "forward" | "inverse"> {
  const [first] = bound;
  assert(first !== undefined && channelsOf(shape) > 0, "a group has no layers");
  const centering = bound.map((buffers): Stage => ({
    bound: bindKernel(device, center, buffers),
    grid: (tokens) => centerRowsGrid(shape, tokens),
  }));
  const product: Stage = {
    bound: bindKernel(device, transform, { ...first, matrix: forward }),
    grid: (tokens) => transformRowsGrid(shape, tokens),
  };
  const restoring = bound.map((buffers): Stage => ({
    bound: bindKernel(device, restore, { ...buffers, matrix: inverse, codes: buffers.liveCodes }),
    grid: (tokens) => restoreRowsGrid(shape, tokens),
  }));
  return { forward: [...centering, product], inverse: restoring };
}
