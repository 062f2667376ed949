import { MOMENTS_RUN_TOKENS, rowMomentsParams } from "../../../shaders/statistics/row-moments.ts";
import { dispatchAll, submit } from "../../device/commands.ts";
import type { Hardware, Device } from "../../device/device.ts";
import { readBuffer } from "../../device/readback.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import {
  bindRowStatistics,
  type BoundGroup,
  type BoundSide,
  type LearnedGroup,
  type RowStatisticsParts,
} from "./bind-row-statistics.ts";
import type { KvCache } from "../cache/kv-cache.ts";
import type { SideStatistics } from "./side-statistics.ts";

/** The statistics of K, then those of V. */
export type GroupStatistics = readonly [SideStatistics, SideStatistics];

/**
 * Sums over rows of the cache, on the GPU, from which a basis is fitted. Each side of a group takes channels² × 4
 * bytes of memory, or with a sketch 2 × channels × size × 4.
 */
export class RowStatistics {
  readonly groups: readonly LearnedGroup[];
  readonly #device: Device;
  readonly #parts: RowStatisticsParts;
  readonly #states: readonly State[];

  /** Compiles the kernels and binds them to every layer, once. @param frequencies as of `ValueCoder` */
  static async create(
    hardware: Hardware,
    cache: KvCache,
    groups: readonly LearnedGroup[],
    frequencies: readonly number[],
  ): Promise<RowStatistics> {
    const parts = await bindRowStatistics(hardware, cache, groups, frequencies);
    return new RowStatistics(hardware.device, groups, parts);
  }

  private constructor(device: Device, groups: readonly LearnedGroup[], parts: RowStatisticsParts) {
    this.groups = groups;
    this.#device = device;
    this.#parts = parts;
    this.#states = parts.groups.map((bound) => {
      return { ...bound, tokens: 0, isBegun: false };
    });
  }

  /** Tokens that the group has seen that has seen the fewest. */
  get tokens(): number {
    return Math.min(...this.#states.map(({ tokens }) => tokens));
  }

  /** Submits the adding of rows of all layers, as they are after what was submitted, and does not wait for it. */
  add({ start, end }: IndexRange): void {
    for (let at = start; at < end; at += MOMENTS_RUN_TOKENS)
      this.#addRun(at, Math.min(MOMENTS_RUN_TOKENS, end - at));
  }

  #addRun(start: number, tokens: number): void {
    for (const group of this.#states) {
      const params = rowMomentsParams({ start, tokens, isFirst: !group.isBegun });
      this.#device.queue.writeBuffer(this.#parts.run, 0, params);
      submit(this.#device, (encoder) => {
        dispatchAll(encoder, group.stages);
      });
      group.isBegun = true;
      group.tokens += tokens;
    }
  }

  /** Reads the sums over all runs submitted until now. */
  async read(index: number): Promise<GroupStatistics> {
    const { channels, moments, sides, tokens } = this.#at(index);
    const vectors = sides.map((side) => side.vectors);
    const [sums, ...products] = await Promise.all(
      [moments, ...sides.map((side) => side.products)].map((buffer) =>
        readBuffer(this.#device, buffer),
      ),
    );
    const numbers = new Float32Array(sums ?? new ArrayBuffer());
    const part = (at: number) => numbers.slice(at * channels, (at + 1) * channels);
    const side = (i: 0 | 1): SideStatistics => {
      const sketch = vectors[i];
      const numbers = new Float32Array(products[i] ?? new ArrayBuffer());
      const own = { reference: part(2 * i), sums: part(2 * i + 1) };
      return { tokens, ...own, products: numbers, ...(sketch && { sketch }) };
    };
    return [side(0), side(1)];
  }

  /** Goes on from these sums instead. @returns false, and nothing is changed, if they are of another shape */
  restore(groups: readonly GroupStatistics[]): boolean {
    const fits =
      groups.length === this.#states.length &&
      this.#states.every((state, i) => fitsGroup(state, groups[i]));
    if (!fits) return false;
    for (const [i, statistics] of groups.entries()) this.#restoreGroup(this.#at(i), statistics);
    return true;
  }

  #restoreGroup(group: State, statistics: GroupStatistics): void {
    const { channels, moments, sides } = group;
    const { queue } = this.#device;
    statistics.forEach(({ reference, sums, products, sketch }, i) => {
      const side = sides[i === 0 ? 0 : 1];
      queue.writeBuffer(moments, 2 * i * channels * 4, reference.slice());
      queue.writeBuffer(moments, (2 * i + 1) * channels * 4, sums.slice());
      queue.writeBuffer(side.products, 0, products.slice());
      if (sketch) this.#writeSketch(side, sketch.slice());
    });
    group.tokens = statistics[0].tokens;
    // Without rows there is no reference.
    group.isBegun = group.tokens > 0;
  }

  /** Begins a group again with other sketches, about the same reference. @param sketches of K and of V */
  renew(index: number, sketches: readonly [Sketch, Sketch]): void {
    const group = this.#at(index);
    const { channels, moments, sides } = group;
    submit(this.#device, (encoder) => {
      sides.forEach((side, i) => {
        const sketch = sketches[i === 0 ? 0 : 1];
        if (sketch) this.#writeSketch(side, sketch);
        encoder.clearBuffer(side.products);
        encoder.clearBuffer(moments, (2 * i + 1) * channels * 4, channels * 4);
      });
    });
    group.tokens = 0;
  }

  /** Frees the buffers. */
  destroy(): void {
    for (const buffer of this.#parts.buffers) buffer.destroy();
  }

  #writeSketch(side: BoundSide, vectors: Float32Array<ArrayBuffer>): void {
    assert(side.sketch?.size === vectors.byteLength, "a sketch of another size");
    side.vectors = vectors;
    this.#device.queue.writeBuffer(side.sketch, 0, vectors);
  }

  #at(index: number): State {
    const group = this.#states[index];
    assert(group !== undefined, `there is no group ${index}`);
    return group;
  }
}

type Sketch = Float32Array<ArrayBuffer> | undefined;

function fitsGroup({ channels, sides }: BoundGroup, statistics?: GroupStatistics): boolean {
  return sides.every(({ products, sketch }, i) => {
    const side = statistics?.[i === 0 ? 0 : 1];
    return (
      side?.reference.length === channels &&
      side.products.byteLength === products.size &&
      side.sketch?.byteLength === sketch?.size
    );
  });
}

interface State extends BoundGroup {
  tokens: number;
  /** Whether there is a reference. */
  isBegun: boolean;
}
