/** @file Numbers of a file, one after the other, little-endian: as they are, or as integers of the largest one's scale. */

type Bytes = Uint8Array<ArrayBuffer>;

/** Bits of each integer. */
type CodeBits = 4 | 8 | 16;

export class NumberWriter {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u32(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  f32(value: number): void {
    this.#view.setFloat32(this.#at, value, true);
    this.#at += 4;
  }

  /** Writes a scale, then numbers as integers of it. The largest number has the largest integer. */
  scaled(numbers: Float32Array, bits: CodeBits): void {
    const most = 2 ** (bits - 1) - 1;
    const scale = numbers.reduce((max, value) => Math.max(max, Math.abs(value)), 0) / most;
    this.f32(scale);
    for (const [i, value] of numbers.entries()) {
      const code = scale > 0 ? Math.round(value / scale) : 0;
      const at = this.#at + Math.floor((i * bits) / 8);
      if (bits === 16) this.#view.setInt16(at, code, true);
      else if (bits === 8) this.#view.setInt8(at, code);
      else this.#view.setUint8(at, this.#view.getUint8(at) | ((code & 15) << (4 * (i % 2))));
    }
    this.#at += Math.ceil((numbers.length * bits) / 8);
  }
}

export class NumberReader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  /** Reads a finite number. Anything else is read as 0. */
  f32(): number {
    this.#at += 4;
    const value = this.#view.getFloat32(this.#at - 4, true);
    return Number.isFinite(value) ? value : 0;
  }

  scaled(numbers: Float32Array, bits: CodeBits): void {
    const scale = this.f32();
    for (let i = 0; i < numbers.length; i++) {
      const at = this.#at + Math.floor((i * bits) / 8);
      if (bits === 16) numbers[i] = this.#view.getInt16(at, true) * scale;
      else if (bits === 8) numbers[i] = this.#view.getInt8(at) * scale;
      else numbers[i] = ((this.#view.getUint8(at) << (28 - 4 * (i % 2))) >> 28) * scale;
    }
    this.#at += Math.ceil((numbers.length * bits) / 8);
  }
}
