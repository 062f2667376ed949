import { ggufInvalid, type GgufFault } from "./gguf-fault.ts";

/** Thrown where the header goes on behind the bytes at hand. It never leaves `readHeader`. */
export class NeedsMoreBytes extends Error {
  override readonly name = "NeedsMoreBytes";
}

interface CursorOptions {
  url: string;
  /** Bytes of the whole file, of which those at hand may be the beginning. */
  fileBytes: number;
}

const decoder = new TextDecoder();

/** Reads the numbers and texts of a GGUF header one after the other. Lengths are checked before anything is read. */
export class HeaderCursor {
  offset = 0;
  /** What it is that ends too early, if the file ends here. */
  truncation: GgufFault = "truncated-header";
  readonly url: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fileBytes: number;

  constructor(bytes: Uint8Array, { url, fileBytes }: CursorOptions) {
    this.url = url;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fileBytes = fileBytes;
  }

  /** Bytes of the file that are left behind the cursor. */
  get leftBytes(): number {
    return this.#fileBytes - this.offset;
  }

  u8 = (): number => this.#view.getUint8(this.#take(1));
  i8 = (): number => this.#view.getInt8(this.#take(1));
  u16 = (): number => this.#view.getUint16(this.#take(2), true);
  i16 = (): number => this.#view.getInt16(this.#take(2), true);
  u32 = (): number => this.#view.getUint32(this.#take(4), true);
  i32 = (): number => this.#view.getInt32(this.#take(4), true);
  f32 = (): number => this.#view.getFloat32(this.#take(4), true);
  f64 = (): number => this.#view.getFloat64(this.#take(8), true);
  u64 = (): bigint => this.#view.getBigUint64(this.#take(8), true);
  i64 = (): bigint => this.#view.getBigInt64(this.#take(8), true);

  /** A count or a length, which is refused with this fault where it is beyond its bound. */
  count(most: number, fault: GgufFault, what: string): number {
    const count = this.u64();
    if (count <= BigInt(most)) return Number(count);
    throw this.refused(fault, `${what} is ${count}, more than ${most}`);
  }

  /** A text. Bytes that are no UTF-8 become U+FFFD. */
  string(most: number, what: string): string {
    const length = this.#length(most, what);
    const start = this.#take(length);
    return decoder.decode(this.#bytes.subarray(start, start + length));
  }

  skipString(most: number, what: string): void {
    this.#take(this.#length(most, what));
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  /** A cursor over the same bytes, from a place that was read before. */
  at(offset: number): HeaderCursor {
    const cursor = new HeaderCursor(this.#bytes, { url: this.url, fileBytes: this.#fileBytes });
    cursor.offset = offset;
    return cursor;
  }

  refused(fault: GgufFault, detail: string): Error {
    return ggufInvalid(this.url, fault, detail);
  }

  #length(most: number, what: string): number {
    return this.count(most, "string-length", `the length of ${what}`);
  }

  /** Moves on. @returns where the bytes begin */
  #take(bytes: number): number {
    const start = this.offset;
    if (start + bytes > this.#fileBytes)
      throw this.refused(
        this.truncation,
        `the file ends after ${this.#fileBytes} bytes, inside its header`,
      );
    if (start + bytes > this.#bytes.length) throw new NeedsMoreBytes();
    this.offset += bytes;
    return start;
  }
}
