import {
  accumulateSketchGrid,
  accumulateSketchSource,
  sizeParams,
  type AccumulateSketchBinding,
  productVariant,
  type ProductSize,
  type ProductVariant,
  type SketchProduct,
} from "../../../shaders/statistics/accumulate-sketch.ts";
import {
  MOMENTS_RUN_TOKENS,
  rowMomentsGrid,
  rowMomentsSource,
  type RowMomentsBinding,
} from "../../../shaders/statistics/row-moments.ts";
import { rotationTable } from "../../../shaders/forward/rope-append.ts";
import { storageBuffer, uploadStorage, uploadUniform } from "../../device/buffers.ts";
import type { Stage } from "../../device/commands.ts";
import type { Hardware, Device, DeviceBuffer } from "../../device/device.ts";
import { bindKernel, compileKernel, type Kernel } from "../../device/kernel.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import type { KvCache } from "../cache/kv-cache.ts";
import { firstSketch, sketchSize } from "./side-statistics.ts";

/** Layers that are learned together, and how many components of K and of V are wanted of them. */
export interface LearnedGroup {
  layers: IndexRange;
  components: readonly [number, number];
}

export interface BoundSide {
  /** [channels, channels] f32, or with a sketch [channels, size] */
  products: DeviceBuffer;
  /** Ω [channels, size] f32; undefined: the covariance itself is kept */
  sketch: DeviceBuffer | undefined;
  /** Ω as the GPU has it; undefined without a sketch */
  vectors: Float32Array<ArrayBuffer> | undefined;
}

export interface BoundGroup {
  channels: number;
  /** [2, 2, channels] f32: of K, then V, the reference and the sum of what is less it */
  moments: DeviceBuffer;
  sides: readonly [BoundSide, BoundSide];
  stages: readonly Stage[];
}

export interface RowStatisticsParts {
  /** u32 start, tokens, whether it is the group's first: of the run to be added */
  run: DeviceBuffer;
  groups: readonly BoundGroup[];
  /** Every buffer, to be freed. */
  buffers: readonly DeviceBuffer[];
}

/** @param frequencies RoPE's angle per position: [headDim / 2], in radians */
export async function bindRowStatistics(
  { device, adapter }: Hardware,
  cache: KvCache,
  groups: readonly LearnedGroup[],
  frequencies: readonly number[],
): Promise<RowStatisticsParts> {
  const variant = productVariant(adapter);
  const [collect, project, add, square] = await Promise.all([
    compileKernel(device, rowMomentsSource(cache.shape)),
    ...(["project", "add", "add-square"] as const).map((product) =>
      compileKernel(device, accumulateSketchSource(product, variant)),
    ),
  ]);
  assert(project && add && square, "a kernel is missing");
  const binder = new Binder(device, cache, {
    variant,
    kernels: { project, add, "add-square": square },
  });
  return binder.bind(collect, groups, frequencies);
}

/** Work for one run of one group, overwritten by the next. */
interface Scratch {
  /** X [MOMENTS_RUN_TOKENS, channels] f32, of K and of V */
  rows: readonly [DeviceBuffer, DeviceBuffer];
  /** X Ω [MOMENTS_RUN_TOKENS, size] f32 */
  projected: DeviceBuffer;
}

interface Products {
  variant: ProductVariant;
  kernels: Readonly<Record<SketchProduct, Kernel<AccumulateSketchBinding>>>;
}

class Binder {
  readonly #device: Device;
  readonly #cache: KvCache;
  readonly #products: Products;
  readonly #buffers: DeviceBuffer[] = [];

  constructor(device: Device, cache: KvCache, products: Products) {
    this.#device = device;
    this.#cache = cache;
    this.#products = products;
  }

  bind(
    collect: Kernel<RowMomentsBinding>,
    groups: readonly LearnedGroup[],
    frequencies: readonly number[],
  ): RowStatisticsParts {
    const table = rotationTable(frequencies, this.#cache.shape.contextTokens);
    const rotation = this.#own(uploadStorage(this.#device, "statistics' rotation", table));
    const run = this.#own(uploadUniform(this.#device, "collected run", new Uint32Array(3)));
    const most = Math.max(...groups.map(({ layers }) => this.#channelsOf(layers)));
    const sizes = groups.flatMap(({ layers, components }) =>
      components.map((count) => sketchSize(this.#channelsOf(layers), count)),
    );
    const rows = (columns: number) => this.#floats("collected rows", MOMENTS_RUN_TOKENS * columns);
    const scratch: Scratch = {
      rows: [rows(most), rows(most)],
      projected: rows(Math.max(4, ...sizes)),
    };
    const bound = groups.map((group) => {
      const channels = this.#channelsOf(group.layers);
      const moments = this.#floats("row moments", 4 * channels);
      const [keys, values] = scratch.rows;
      const sides = [
        this.#side(channels, group.components[0]),
        this.#side(channels, group.components[1]),
      ] as const;
      const collecting = this.#layersOf(group.layers).map((layer, i): Stage => {
        const place = this.#uniform("layer's place", Uint32Array.of(i * this.#channels, channels));
        const buffers = { rotation, cache: layer, keys, values, moments, run, place };
        const { kvHeads, headDim } = this.#cache.shape;
        return {
          bound: bindKernel(this.#device, collect, buffers),
          grid: () => rowMomentsGrid({ kvHeads, headDim }),
        };
      });
      const adding = sides.flatMap((side, i) =>
        this.#adding(side, channels, { x: i === 0 ? keys : values, projected: scratch.projected }),
      );
      return { channels, moments, sides, stages: [...collecting, ...adding] };
    });
    return { run, groups: bound, buffers: this.#buffers };
  }

  #side(channels: number, components: number): BoundSide {
    const size = sketchSize(channels, components);
    const products = this.#floats("row products", channels * (size || channels));
    if (size === 0) return { products, sketch: undefined, vectors: undefined };
    const vectors = firstSketch(channels, size);
    const sketch = this.#own(uploadStorage(this.#device, "sketch", vectors));
    return { products, sketch, vectors };
  }

  #adding(
    { products, sketch, vectors }: BoundSide,
    channels: number,
    { x, projected }: { x: DeviceBuffer; projected: DeviceBuffer },
  ): Stage[] {
    const depth = MOMENTS_RUN_TOKENS;
    if (!sketch || !vectors)
      return [
        this.#product(
          "add-square",
          { a: x, b: x, out: products },
          { rows: channels, columns: channels, depth },
        ),
      ];
    const columns = vectors.length / channels;
    return [
      this.#product(
        "project",
        { a: x, b: sketch, out: projected },
        { rows: depth, columns, depth: channels },
      ),
      this.#product(
        "add",
        { a: x, b: projected, out: products },
        { rows: channels, columns, depth },
      ),
    ];
  }

  #product(
    product: SketchProduct,
    buffers: Record<"a" | "b" | "out", DeviceBuffer>,
    size: ProductSize,
  ): Stage {
    const params = this.#uniform("product size", sizeParams(size));
    const { variant, kernels } = this.#products;
    return {
      bound: bindKernel(this.#device, kernels[product], { ...buffers, size: params }),
      grid: () => accumulateSketchGrid(size, variant),
    };
  }

  /** Channels of one layer. */
  get #channels(): number {
    return this.#cache.shape.kvHeads * this.#cache.shape.headDim;
  }

  #channelsOf({ start, end }: IndexRange): number {
    return (end - start) * this.#channels;
  }

  #layersOf({ start, end }: IndexRange): readonly DeviceBuffer[] {
    assert(start < end && end <= this.#cache.layers.length, `no layers ${start} to ${end}`);
    return this.#cache.layers.slice(start, end);
  }

  #floats(label: string, count: number): DeviceBuffer {
    return this.#own(storageBuffer(this.#device, label, count * 4));
  }

  #uniform(label: string, words: Uint32Array<ArrayBuffer>): DeviceBuffer {
    return this.#own(uploadUniform(this.#device, label, words));
  }

  #own(buffer: DeviceBuffer): DeviceBuffer {
    this.#buffers.push(buffer);
    return buffer;
  }
}
