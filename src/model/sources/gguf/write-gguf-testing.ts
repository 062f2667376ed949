import { BLOCK_TYPES, type BlockType } from "../../../shared/gguf-blocks.ts";

type Scalar = string | number | boolean;

/** A value of metadata. A number is an integer of 32 bits unless it has a fraction or says that it is a float. */
export type WrittenValue = Scalar | readonly Scalar[] | { f32: number };

export interface WrittenTensor {
  name: string;
  type: BlockType;
  /** [columns, rows], as files have them. */
  shape: readonly number[];
  /** Random-looking ones, unless they are given. */
  bytes?: Uint8Array;
}

export interface WrittenModel {
  metadata: Record<string, WrittenValue>;
  tensors: readonly WrittenTensor[];
}

const ALIGNMENT = 32;

/** Bytes that are put together one after the other, little-endian. */
class Writer {
  readonly pieces: Uint8Array[] = [];
  length = 0;

  put(bytes: Uint8Array): void {
    this.pieces.push(bytes);
    this.length += bytes.length;
  }

  number(bytes: number, write: (view: DataView) => void): void {
    const view = new DataView(new ArrayBuffer(bytes));
    write(view);
    this.put(new Uint8Array(view.buffer));
  }

  u32(value: number): void {
    this.number(4, (view) => {
      view.setUint32(0, value, true);
    });
  }

  u64(value: number): void {
    this.number(8, (view) => {
      view.setBigUint64(0, BigInt(value), true);
    });
  }

  f32(value: number): void {
    this.number(4, (view) => {
      view.setFloat32(0, value, true);
    });
  }

  string(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.u64(bytes.length);
    this.put(bytes);
  }

  align(): void {
    this.put(new Uint8Array(-this.length & (ALIGNMENT - 1)));
  }

  whole(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.length);
    let offset = 0;
    for (const piece of this.pieces) {
      bytes.set(piece, offset);
      offset += piece.length;
    }
    return bytes;
  }
}

const typeOf = (value: Scalar): number =>
  typeof value === "string" ? 8 : typeof value === "boolean" ? 7 : Number.isInteger(value) ? 4 : 6;

function putScalar(writer: Writer, value: Scalar): void {
  if (typeof value === "string") writer.string(value);
  else if (typeof value === "boolean") writer.put(Uint8Array.of(value ? 1 : 0));
  else if (Number.isInteger(value)) writer.u32(value);
  else writer.f32(value);
}

function putValue(writer: Writer, value: WrittenValue): void {
  if (typeof value !== "object") {
    writer.u32(typeOf(value));
    putScalar(writer, value);
  } else if ("f32" in value) {
    writer.u32(6);
    writer.f32(value.f32);
  } else {
    writer.u32(9);
    writer.u32(typeOf(value[0] ?? 0));
    writer.u64(value.length);
    for (const item of value) putScalar(writer, item);
  }
}

/** Bytes of the numbers of a tensor. */
export function tensorBytes({ type, shape }: WrittenTensor): number {
  const { columns, bytes } = BLOCK_TYPES[type];
  return (shape.reduce((product, length) => product * length, 1) / columns) * bytes;
}

/** Bytes that look random, and are the same each time. As f16 and f32, all of them are finite. */
export function filling(count: number, seed: number): Uint8Array<ArrayBuffer> {
  let state = seed * 2654435761 + 1;
  return Uint8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 24) & 0x3b;
  });
}

/** Writes a GGUF file. */
export function writeGguf(
  { metadata, tensors }: WrittenModel,
  version = 3,
): Uint8Array<ArrayBuffer> {
  const header = new Writer();
  header.put(new TextEncoder().encode("GGUF"));
  header.u32(version);
  header.u64(tensors.length);
  const entries = Object.entries(metadata);
  header.u64(entries.length);
  for (const [key, value] of entries) {
    header.string(key);
    putValue(header, value);
  }
  const data = new Writer();
  for (const [i, tensor] of tensors.entries()) {
    header.string(tensor.name);
    header.u32(tensor.shape.length);
    for (const length of tensor.shape) header.u64(length);
    header.u32(BLOCK_TYPES[tensor.type].id);
    header.u64(data.length);
    data.put(tensor.bytes ?? filling(tensorBytes(tensor), i));
    data.align();
  }
  header.align();
  header.put(data.whole());
  return header.whole();
}
