import type { Device, DeviceBuffer } from "../../device/device.ts";
import { storageBuffer } from "../../device/buffers.ts";
import { readRange } from "../../device/readback.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";

export interface KvShape {
  /** Layers that have K and V of their own. Others, which attend to those of one of these, have no place here. */
  layers: number;
  kvHeads: number;
  headDim: number;
  /** How many positions there is room for. */
  contextTokens: number;
  /**
   * Whether the model adds a bias to its keys before RoPE. It is the same for all tokens, and may be many times what
   * varies: then rows are coded without their position, so that RoPE does not turn it into something that varies.
   */
  biasedKeys?: boolean | undefined;
  /** The most bytes of a full chunk's stored value. If absent, `layerGroups` chooses. */
  valueBytes?: number | undefined;
}

/** Bytes of one position's K and V in one layer, in f16. */
export function rowBytes({ kvHeads, headDim }: Pick<KvShape, "kvHeads" | "headDim">): number {
  return 2 * kvHeads * headDim * 2;
}

/**
 * K and V of one sequence in GPU memory, allocated once.
 *
 * One buffer per layer, [context, 2, kvHeads, headDim] f16: a position's keys (after RoPE), then its
 * values. Consecutive tokens of a layer are consecutive bytes, so that restoring or saving a chunk of
 * a layer is one copy.
 */
export class KvCache {
  readonly layers: readonly DeviceBuffer[];
  readonly rowBytes: number;
  readonly shape: KvShape;
  readonly #device: Device;

  constructor(device: Device, shape: KvShape) {
    const { layers, kvHeads, headDim, contextTokens, biasedKeys, valueBytes } = shape;
    this.rowBytes = rowBytes(shape);
    this.shape = { layers, kvHeads, headDim, contextTokens, biasedKeys, valueBytes };
    this.#device = device;
    this.layers = Array.from({ length: layers }, (_, layer) =>
      storageBuffer(device, `kv ${layer}`, contextTokens * this.rowBytes),
    );
  }

  /** Overwrites rows of a layer from position `start`. `rows`: [tokens, 2, kvHeads, headDim] f16. */
  writeRows(layer: number, start: number, rows: Uint8Array<ArrayBuffer>): void {
    assert(rows.length % this.rowBytes === 0, `${rows.length} bytes are not whole rows`);
    const { buffer, offset } = this.#at(layer, {
      start,
      end: start + rows.length / this.rowBytes,
    });
    this.#device.queue.writeBuffer(buffer, offset, rows);
  }

  /** Copies rows of a layer off the GPU: [tokens, 2, kvHeads, headDim] f16. */
  async readRows(layer: number, tokens: IndexRange): Promise<Uint8Array<ArrayBuffer>> {
    const { buffer, offset } = this.#at(layer, tokens);
    const bytes = (tokens.end - tokens.start) * this.rowBytes;
    return new Uint8Array(await readRange(this.#device, { buffer, offset, bytes }));
  }

  #at(layer: number, { start, end }: IndexRange): { buffer: DeviceBuffer; offset: number } {
    const buffer = this.layers[layer];
    assert(buffer !== undefined, `there is no layer ${layer}`);
    assert(
      start >= 0 && start < end && end <= this.shape.contextTokens,
      `no rows ${start} to ${end}`,
    );
    return { buffer, offset: start * this.rowBytes };
  }
}
