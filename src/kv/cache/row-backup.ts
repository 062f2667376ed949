import type { Device, DeviceBuffer, CommandEncoder } from "../../device/device.ts";
import { storageBuffer } from "../../device/buffers.ts";
import { submit } from "../../device/commands.ts";
import { assert } from "../../shared/assert.ts";
import { at } from "../../shared/at.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import type { KvCache } from "./kv-cache.ts";

/** Consecutive rows of one layer, and where their copy begins. All in bytes, but for the layer. */
interface SavedPart {
  layer: number;
  cacheAt: number;
  copyAt: number;
  bytes: number;
}

/** Room on the device for a copy of some rows of the cache, which are to be put back later. */
export class RowBackup {
  readonly #device: Device;
  readonly #cache: KvCache;
  readonly #bytes: number;
  #copy: DeviceBuffer | undefined;
  #saved: readonly SavedPart[] = [];

  /** @param bytes the most that is saved at once. Nothing is allocated before that. */
  constructor(device: Device, cache: KvCache, bytes: number) {
    this.#device = device;
    this.#cache = cache;
    this.#bytes = bytes;
  }

  /**
   * Copies the rows as they are after what has been submitted so far. What was saved before is forgotten.
   *
   * @param layers of the cache
   * @param ranges of positions, none of them empty
   */
  save(layers: Iterable<number>, ranges: readonly IndexRange[]): void {
    const { rowBytes } = this.#cache;
    let copyAt = 0;
    this.#saved = [...layers].flatMap((layer) =>
      ranges.map(({ start, end }): SavedPart => {
        const bytes = (end - start) * rowBytes;
        const part = { layer, cacheAt: start * rowBytes, copyAt, bytes };
        copyAt += bytes;
        return part;
      }),
    );
    assert(copyAt <= this.#bytes, `${copyAt} bytes of rows, and room for ${this.#bytes}`);
    this.#copy ??= storageBuffer(this.#device, "kv backup", this.#bytes);
    this.#submit((encoder, copy) => {
      for (const part of this.#saved) {
        const { cacheAt, bytes } = part;
        encoder.copyBufferToBuffer(this.#rowsOf(part), cacheAt, copy, part.copyAt, bytes);
      }
    });
  }

  /** Submits the copying back and does not wait for it. Steps that are submitted afterwards see the rows. */
  putBack(): void {
    this.#submit((encoder, copy) => {
      for (const part of this.#saved) {
        const { cacheAt, bytes } = part;
        encoder.copyBufferToBuffer(copy, part.copyAt, this.#rowsOf(part), cacheAt, bytes);
      }
    });
  }

  destroy(): void {
    this.#copy?.destroy();
  }

  #rowsOf({ layer }: SavedPart): DeviceBuffer {
    return at(this.#cache.layers, layer);
  }

  #submit(record: (encoder: CommandEncoder, copy: DeviceBuffer) => void): void {
    const copy = this.#copy;
    if (!copy || this.#saved.length === 0) return;
    submit(this.#device, (encoder) => {
      record(encoder, copy);
    });
  }
}
