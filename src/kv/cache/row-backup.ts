import type { Device, DeviceBuffer, CommandEncoder } from "../../device/device.ts";
import { storageBuffer } from "../../device/buffers.ts";
import { submit } from "../../device/commands.ts";
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
  #copy: { buffer: DeviceBuffer; bytes: number } | undefined;
  #saved: readonly SavedPart[] = [];

  /** Nothing is allocated before rows are saved, and then as much as they take. */
  constructor(device: Device, cache: KvCache) {
    this.#device = device;
    this.#cache = cache;
  }

  /** Bytes that are held for the copy. */
  get bytes(): number {
    return this.#copy?.bytes ?? 0;
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
    this.#makeRoom(copyAt);
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
    this.#copy?.buffer.destroy();
    this.#copy = undefined;
    this.#saved = [];
  }

  #makeRoom(bytes: number): void {
    if (bytes <= (this.#copy?.bytes ?? 0)) return;
    this.#copy?.buffer.destroy();
    this.#copy = { buffer: storageBuffer(this.#device, "kv backup", bytes), bytes };
  }

  #rowsOf({ layer }: SavedPart): DeviceBuffer {
    return at(this.#cache.layers, layer);
  }

  #submit(record: (encoder: CommandEncoder, copy: DeviceBuffer) => void): void {
    const copy = this.#copy?.buffer;
    if (!copy || this.#saved.length === 0) return;
    submit(this.#device, (encoder) => {
      record(encoder, copy);
    });
  }
}
