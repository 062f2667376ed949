import type { Device, DeviceBuffer } from "../../../device/device.ts";
import {
  channelsOf,
  groupParams,
  packForward,
  packInverse,
  packMeans,
  type GroupTransform,
} from "../../../../shaders/transform/basis-group.ts";
import { centerRowsGrid, centerRowsSource } from "../../../../shaders/transform/center-rows.ts";
import {
  reconstructRowsGrid,
  reconstructRowsSource,
} from "../../../../shaders/transform/reconstruct-rows.ts";
import { rotationTable } from "../../../../shaders/forward/rope-append.ts";
import {
  transformRowsGrid,
  transformRowsSource,
} from "../../../../shaders/transform/transform-rows.ts";
import { storageBuffer, uploadStorage, uploadUniform } from "../../../device/buffers.ts";
import type { Stage } from "../../../device/commands.ts";
import { bindKernel, compileKernel } from "../../../device/kernel.ts";
import { assert } from "../../../shared/assert.ts";
import type { KvCache } from "../../cache/kv-cache.ts";
import type { TransformBasis } from "../transform-basis.ts";
import { finishInSlices } from "../../../linalg/stepped-work.ts";
import { groupTransform, type LazyTransform } from "./transform-codec.ts";

/** One dispatch over a run of tokens. */
export type RunStage = Stage<[tokens: number]>;

/** Layers that are coded together. */
export interface CodedGroup {
  firstLayer: number;
  transform: LazyTransform;
}

/** What a group's rows pass through one way, with what belongs to it alone. */
export interface GroupStages {
  stages: readonly RunStage[];
  destroy(): void;
}

/** Buffers for one group of one run at a time: the queue keeps them in order. */
export interface SharedBuffers {
  rotation: DeviceBuffer;
  run: DeviceBuffer;
  /** [layers, tokens, 2, kvHeads, headDim] f16: the group's rows of the run. */
  rows: DeviceBuffer;
  /** [2, channels, tokens] f32 */
  numbers: DeviceBuffer;
  /** [components, tokens] f32, in steps */
  levels: DeviceBuffer;
  /** [live] u32 */
  live: DeviceBuffer;
  /** [live, tokens] f32 */
  liveCodes: DeviceBuffer;
}

/** Runs are coded in multiples of so many tokens. */
export const TOKENS_TOGETHER = 32;

/** Words of the `run` uniform. */
const RUN_WORDS = 6;
/** A binding is never empty. It has room for a vec4f at least. */
const MIN_BYTES = 16;

/** The buffers that all groups share, as large as the largest group needs them. */
export function sharedBuffers(
  device: Device,
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
      rotationTable(frequencies, contextTokens + TOKENS_TOGETHER),
    ),
    run: uploadUniform(device, "transform run", new Uint32Array(RUN_WORDS)),
    rows: buffer("rows", layers * cache.rowBytes * maxTokens),
    numbers: buffer("numbers", 2 * layers * kvHeads * headDim * maxTokens * 4),
    levels: buffer("levels", components * maxTokens * 4),
    live: buffer("live", components * 4),
    liveCodes: buffer("live codes", components * maxTokens * 4),
  };
}

export function codedGroups(basis: TransformBasis): CodedGroup[] {
  return basis.groups.map((group) => {
    const transform = groupTransform(group, basis);
    assert(channelsOf(transform) > 0, "a group has no layers");
    return { firstLayer: group.layers.start, transform };
  });
}

/** The stages from `rows` to `levels`: compiles the kernels once, and binds them to every group. */
export async function bindForward(
  device: Device,
  { shape }: KvCache,
  groups: readonly CodedGroup[],
  shared: SharedBuffers,
): Promise<GroupStages[]> {
  const [center, product] = await Promise.all([
    compileKernel(device, centerRowsSource(shape)),
    compileKernel(device, transformRowsSource(shape)),
  ]);
  // Matrices for coding take seconds for a wide model, in which a turn may begin.
  for (const { transform } of groups) await finishInSlices(transform.prepareForward());
  return groups.map(({ transform }) => {
    const { words, units } = packForward(transform);
    const owned = uploadGroup(device, transform, words, { forward: units, inverse: NO_UNITS });
    const buffers = { ...shared, ...owned };
    const stages: RunStage[] = [
      {
        bound: bindKernel(device, center, buffers),
        grid: (tokens) => centerRowsGrid(transform, tokens),
      },
      {
        bound: bindKernel(device, product, buffers),
        grid: (tokens) => transformRowsGrid(transform, tokens),
      },
    ];
    return { stages, destroy: destroyer(owned) };
  });
}

/** The stages from `live` and `liveCodes` to `rows`, and how long the thread took to make them, in ms. */
interface InverseStages {
  stages: GroupStages[];
  ms: number;
}

/**
 * The stages from `live` and `liveCodes` to `rows`, likewise. The matrices take a large model's basis a second, so that
 * other work of the thread is let in between groups.
 */
export async function bindInverse(
  device: Device,
  { shape }: KvCache,
  groups: readonly CodedGroup[],
  shared: SharedBuffers,
): Promise<InverseStages> {
  const restore = await compileKernel(device, reconstructRowsSource(shape));
  const stages: GroupStages[] = [];
  let ms = 0;
  for (const { transform } of groups) {
    const startMs = performance.now();
    const { words, units } = packInverse(transform);
    const owned = uploadGroup(device, transform, words, { forward: NO_UNITS, inverse: units });
    const buffers = { ...shared, ...owned, codes: shared.liveCodes };
    const stage: RunStage = {
      bound: bindKernel(device, restore, buffers),
      grid: (tokens) => reconstructRowsGrid(transform, tokens),
    };
    stages.push({ stages: [stage], destroy: destroyer(owned) });
    ms += performance.now() - startMs;
    await nextTask();
  }
  return { stages, ms };
}

/** Lets what waits for the thread run. */
const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** The units of the direction in which a matrix is not used. */
const NO_UNITS = [1, 1] as const;

function uploadGroup(
  device: Device,
  transform: GroupTransform,
  matrix: Uint32Array<ArrayBuffer>,
  units: Parameters<typeof groupParams>[1],
) {
  return {
    mean: uploadStorage(device, "transform mean", packMeans(transform)),
    matrix: uploadStorage(device, "transform matrix", matrix),
    group: uploadUniform(device, "transform group", groupParams(transform, units)),
  };
}

const destroyer = (owned: Readonly<Record<string, DeviceBuffer>>) => () => {
  for (const buffer of Object.values(owned)) buffer.destroy();
};
