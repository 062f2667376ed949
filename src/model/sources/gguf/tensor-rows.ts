import { assert } from "../../../shared/assert.ts";
import type { IndexRange } from "../../../shared/index-range.ts";
import { MAX_RUN_BYTES } from "./gguf-limits.ts";
import type { TensorInfo } from "./tensor-infos.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Consecutive rows of a tensor. The bytes are only valid until the next rows are asked for. */
export interface TensorRows extends IndexRange {
  tensor: TensorInfo;
  bytes: Bytes;
}

/**
 * Cuts the contents of a file into runs of whole rows, of 8 MiB at most. Only a row that lies in two parts of the file
 * is copied.
 *
 * @param tensors in the order of their bytes
 * @param contents the parts of the file, from the one on that begins at `start`
 */
export async function* tensorRows(
  tensors: readonly TensorInfo[],
  contents: AsyncIterable<Bytes>,
  start: number,
): AsyncGenerator<TensorRows> {
  const reader = new PartsReader(contents, start);
  for (const tensor of tensors) {
    const { rows, rowBytes } = tensor;
    const most = Math.max(1, Math.floor(MAX_RUN_BYTES / rowBytes));
    for (let row = 0; row < rows;) {
      const at = tensor.start + row * rowBytes;
      await reader.moveTo(at);
      const whole = Math.floor(reader.availableAt(at) / rowBytes);
      const count = Math.min(Math.max(1, whole), most, rows - row);
      const bytes = await reader.read(at, count * rowBytes);
      yield { tensor, start: row, end: row + count, bytes };
      row += count;
    }
  }
}

/** Reads from parts that come one after the other, from one place on to later ones. */
class PartsReader {
  readonly #parts: AsyncIterator<Bytes>;
  #part: Bytes = new Uint8Array();
  /** Where the part at hand begins in the file. */
  #start: number;

  constructor(contents: AsyncIterable<Bytes>, start: number) {
    this.#parts = contents[Symbol.asyncIterator]();
    this.#start = start;
  }

  /** Goes on to the part that this place lies in. */
  async moveTo(at: number): Promise<void> {
    while (at >= this.#end) await this.#next();
  }

  /** Bytes of the part at hand from this place on. */
  availableAt(at: number): number {
    return this.#end - at;
  }

  /** The bytes from this place on, which lies in the part at hand. */
  async read(at: number, length: number): Promise<Bytes> {
    if (length <= this.availableAt(at))
      return this.#part.subarray(at - this.#start, at - this.#start + length);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      await this.moveTo(at + done);
      const from = at + done - this.#start;
      const piece = this.#part.subarray(from, from + length - done);
      bytes.set(piece, done);
      done += piece.length;
    }
    return bytes;
  }

  get #end(): number {
    return this.#start + this.#part.length;
  }

  async #next(): Promise<void> {
    this.#start = this.#end;
    const next = await this.#parts.next();
    assert(next.done !== true, "a tensor lies in its file");
    this.#part = next.value;
  }
}
