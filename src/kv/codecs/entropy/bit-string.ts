import { assert } from "../../../shared/assert.ts";

/** The longest run of zeros before a number, which 32 bits can still hold. */
const MAX_PREFIX = 31;

/** Writes bits one after the other, from the lowest bit of each byte on. */
export class BitWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** Writes the lowest `bits` bits of a number, 32 at most. */
  write(value: number, bits: number): void {
    const end = this.#length + bits;
    if (end > this.#bytes.length * 8) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    for (let done = 0; done < bits;) {
      const at = this.#length >> 3;
      const used = this.#length & 7;
      const fit = Math.min(8 - used, bits - done);
      const part = (value >>> done) & ((1 << fit) - 1);
      this.#bytes[at] = (this.#bytes[at] ?? 0) | (part << used);
      this.#length += fit;
      done += fit;
    }
  }

  /** Writes a number in exponential Golomb code, which is short for numbers up to about 2^order. */
  writeNumber(value: number, order: number): void {
    assert(value >= 0 && value < 2 ** 30, `${value} is no number for a header`);
    const shifted = value + (1 << order);
    const bits = 31 - Math.clz32(shifted);
    this.write(0, bits - order);
    this.write(1, 1);
    this.write(shifted, bits);
  }

  /** What was written, filled up with zeros to whole 32-bit words. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, Math.ceil(this.#length / 32) * 4);
  }
}

/** How many bits `writeNumber(value, order)` writes. */
export function numberBits(value: number, order: number): number {
  return 2 * (31 - Math.clz32(value + (1 << order))) - order + 1;
}

/** Reads what BitWriter wrote. Past the end there are zeros, and `failed` is true from then on. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #failed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get failed(): boolean {
    return this.#failed || this.left < 0;
  }

  /** How many bits have not been read. */
  get left(): number {
    return this.#bytes.length * 8 - this.#at;
  }

  /** Reads 32 bits at most, as an unsigned number. */
  read(bits: number): number {
    if (bits === 0) return 0;
    const value = (this.#next() << (32 - bits)) >>> (32 - bits);
    this.#at += bits;
    return value;
  }

  /** The next 32 bits, of which the first is the lowest. */
  #next(): number {
    const bytes = this.#bytes;
    const at = this.#at >> 3;
    const used = this.#at & 7;
    const byte = (i: number): number => (i < bytes.length ? (bytes[i] ?? 0) : 0);
    const word = byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24);
    return used === 0 ? word : (word >>> used) | (byte(at + 4) << (32 - used));
  }

  readNumber(order: number): number {
    const next = this.#next();
    const prefix = next === 0 ? MAX_PREFIX : 31 - Math.clz32(next & -next);
    this.#at += prefix + 1;
    const bits = prefix + order;
    if (bits >= MAX_PREFIX || this.failed) {
      this.#failed = true;
      return 0;
    }
    return this.read(bits) + (1 << bits) - (1 << order);
  }

  /** Skips to the next 32-bit word; the bits in between must be zeros. @returns the word's index */
  toWord(): number {
    if (this.read((32 - (this.#at % 32)) % 32) !== 0) this.#failed = true;
    return this.#at / 32;
  }
}
