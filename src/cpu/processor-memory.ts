/** Pages of WebAssembly memory. */
const PAGE_BYTES = 65_536;
/** All that 32-bit addresses reach, and what is tried where a browser does not give so much. */
const MOST_PAGES = [65_536, 32_768, 16_384];
/** Buffers begin at whole cache lines. */
const ALIGNMENT = 64;

/** A run of bytes in memory. */
export interface MemoryRange {
  at: number;
  size: number;
}

/**
 * The memory that all kernels work in, and who has which part of it. It grows as buffers are made, and never shrinks.
 * First fit; neighbours that are free become one.
 */
export class ProcessorMemory {
  readonly memory: WebAssembly.Memory;
  readonly maxBytes: number;
  /** Free ranges in ascending order, none next to another. */
  readonly #free: MemoryRange[] = [];
  /** Where memory begins that was never used, and is zero. */
  #unused: number;
  #bytes = new Uint8Array();
  #words = new Uint32Array();
  #floats = new Float32Array();

  /**
   * @param isShared whether threads share it
   * @param firstByte where buffers may begin
   * @throws RangeError if there is no memory
   */
  constructor(isShared: boolean, firstByte: number) {
    const { memory, pages } = allocate(isShared, Math.ceil(firstByte / PAGE_BYTES));
    this.memory = memory;
    this.maxBytes = pages * PAGE_BYTES;
    this.#unused = aligned(firstByte);
  }

  get bytes(): Uint8Array {
    this.#refresh();
    return this.#bytes;
  }

  get words(): Uint32Array {
    this.#refresh();
    return this.#words;
  }

  get floats(): Float32Array {
    this.#refresh();
    return this.#floats;
  }

  /** Bytes of zeros, or undefined if there is no room. */
  allocate(size: number): MemoryRange | undefined {
    const length = Math.max(aligned(size), ALIGNMENT);
    const index = this.#free.findIndex((range) => range.size >= length);
    const range = this.#free[index];
    if (!range) return this.#allocateUnused(length);
    const at = range.at;
    if (range.size === length) this.#free.splice(index, 1);
    else this.#free[index] = { at: at + length, size: range.size - length };
    this.bytes.fill(0, at, at + length);
    return { at, size: length };
  }

  #allocateUnused(size: number): MemoryRange | undefined {
    const at = this.#unused;
    const end = at + size;
    if (end > this.maxBytes) return undefined;
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / PAGE_BYTES);
    if (missing > 0) {
      try {
        this.memory.grow(missing);
      } catch {
        return undefined;
      }
    }
    this.#unused = end;
    return { at, size };
  }

  /** @param range as `allocate` gave it */
  free(range: MemoryRange): void {
    const next = this.#free.findIndex(({ at }) => at > range.at);
    const index = next < 0 ? this.#free.length : next;
    this.#free.splice(index, 0, { ...range });
    this.#merge(index);
    this.#merge(index - 1);
  }

  /** Makes one range of this and the next, if they touch. */
  #merge(index: number): void {
    const [range, next] = [this.#free[index], this.#free[index + 1]];
    if (!range || !next || range.at + range.size !== next.at) return;
    this.#free.splice(index, 2, { at: range.at, size: range.size + next.size });
  }

  /** Views of a memory that has grown do not reach its end, or have lost it. */
  #refresh(): void {
    const { buffer } = this.memory;
    if (this.#bytes.buffer === buffer && this.#bytes.length === buffer.byteLength) return;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.#floats = new Float32Array(buffer);
  }
}

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

function allocate(isShared: boolean, first: number): { memory: WebAssembly.Memory; pages: number } {
  // The module asks for at least so many pages.
  const initial = Math.max(first, 64);
  for (const pages of MOST_PAGES) {
    try {
      const memory = new WebAssembly.Memory({ initial, maximum: pages, shared: isShared });
      return { memory, pages };
    } catch {
      continue;
    }
  }
  throw new RangeError("The browser gives no memory for WebAssembly.");
}
