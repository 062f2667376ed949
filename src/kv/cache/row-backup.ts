import type { Device, DeviceBuffer, CommandEncoder } from "../../device/device.ts";
import { storageBuffer } from "../../device/buffers.ts";
import { submit } from "../../device/commands.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import type { KvCache } from "./kv-cache.ts";

/** A copy of rows of all layers on the GPU, to be put back later. */
export class RowBackup {
  readonly #device: Device;
  readonly #cache: KvCache;
  /** The byte at which each range's rows begin in a layer's copy. */
  readonly #parts: readonly { copyAt: number; cacheAt: number; bytes: number }[];
  readonly #copies: readonly DeviceBuffer[];

  /** Copies the rows as they are after what has been submitted so far. @param ranges none of them empty */
  constructor(device: Device, cache: KvCache, ranges: readonly IndexRange[]) {
    this.#device = device;
    this.#cache = cache;
    let copyAt = 0;
    this.#parts = ranges.map(({ start, end }) => {
      const bytes = (end - start) * cache.rowBytes;
      const part = { copyAt, cacheAt: start * cache.rowBytes, bytes };
      copyAt += bytes;
      return part;
    });
    this.#copies = cache.layers.map(() => storageBuffer(device, "kv backup", copyAt));
    this.#copy((encoder, layer, copy) => {
      for (const { copyAt: to, cacheAt: from, bytes } of this.#parts)
        encoder.copyBufferToBuffer(layer, from, copy, to, bytes);
    });
  }

  /** Submits the copying back and does not wait for it. Steps that are submitted afterwards see the rows. */
  putBack(): void {
    this.#copy((encoder, layer, copy) => {
      for (const { copyAt: from, cacheAt: to, bytes } of this.#parts)
        encoder.copyBufferToBuffer(copy, from, layer, to, bytes);
    });
  }

  destroy(): void {
    for (const copy of this.#copies) copy.destroy();
  }

  #copy(each: (encoder: CommandEncoder, layer: DeviceBuffer, copy: DeviceBuffer) => void): void {
    submit(this.#device, (encoder) => {
      this.#cache.layers.forEach((layer, i) => {
        const copy = this.#copies[i];
        if (copy) each(encoder, layer, copy);
      });
    });
  }
}
