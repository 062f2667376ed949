import type { DeviceBuffer } from "../device/device.ts";
import { assert } from "../shared/assert.ts";
import { releaseBytes } from "../shared/release-bytes.ts";
import type { MemoryRange } from "./processor-memory.ts";

/** A buffer for kernels: a range of the memory. */
export class MemoryBuffer implements DeviceBuffer {
  readonly mapState = "unmapped";
  readonly label: string;
  readonly size: number;
  /** Undefined if there was no memory. */
  readonly range: MemoryRange | undefined;
  readonly #release: (range: MemoryRange) => void;
  #isDestroyed = false;

  constructor(
    { label, size }: { label: string; size: number },
    range: MemoryRange | undefined,
    release: (range: MemoryRange) => void,
  ) {
    this.label = label;
    this.size = size;
    this.range = range;
    this.#release = release;
  }

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    if (this.range) this.#release(this.range);
  }

  mapAsync(): Promise<never> {
    return Promise.reject(new Error(`${this.label} is no staging buffer`));
  }

  getMappedRange(): never {
    throw new Error(`${this.label} is no staging buffer`);
  }

  unmap(): void {
    // It is never mapped.
  }
}

/** A buffer that is read on the engine's side. Its bytes lie outside the memory of kernels. */
export class StagingBuffer implements DeviceBuffer {
  mapState: DeviceBuffer["mapState"] = "unmapped";
  readonly label: string;
  readonly size: number;
  /** Without length once the buffer is destroyed. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #settle: () => Promise<unknown>;
  #isDestroyed = false;

  constructor({ label, size }: { label: string; size: number }, settle: () => Promise<unknown>) {
    this.label = label;
    this.size = size;
    this.bytes = new Uint8Array(size);
    this.#settle = settle;
  }

  /** Copies bytes into the buffer, from `at` on. Nobody will read one that was destroyed before. */
  fill(bytes: Uint8Array, at: number): void {
    if (!this.#isDestroyed) this.bytes.set(bytes, at);
  }

  destroy(): void {
    this.#isDestroyed = true;
    this.mapState = "unmapped";
    releaseBytes(this.bytes.buffer);
  }

  async mapAsync(): Promise<void> {
    this.mapState = "pending";
    await this.#settle();
    if (this.#isDestroyed) throw new Error(`${this.label} was destroyed`);
    this.mapState = "mapped";
  }

  getMappedRange(offset = 0, size = this.size - offset): ArrayBuffer {
    assert(this.mapState === "mapped", `${this.label} is not mapped`);
    const { buffer } = this.bytes;
    return offset === 0 && size === this.size ? buffer : buffer.slice(offset, offset + size);
  }

  unmap(): void {
    this.mapState = "unmapped";
  }
}
