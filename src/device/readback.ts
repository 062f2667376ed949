import type { Device, DeviceBuffer, CommandEncoder } from "./device.ts";
import { stagingBuffer } from "./buffers.ts";
import { submit } from "./commands.ts";

/** `GPUMapMode.READ`, which only exists where WebGPU does. */
const MAP_READ = 1;

/** A run of a buffer's bytes. Offset and length are multiples of 4. */
export interface BufferRange {
  buffer: DeviceBuffer;
  offset: number;
  bytes: number;
}

/** All bytes of a buffer. */
export const wholeBuffer = (buffer: DeviceBuffer): BufferRange => ({
  buffer,
  offset: 0,
  bytes: buffer.size,
});

/**
 * Map a staging buffer, let `use` look at its first bytes, and unmap it in every case.
 *
 * @param use must not keep the bytes: they are detached when it returns
 * @returns what `use` made of them. Rejects if the device is lost.
 */
export async function readMapped<T>(
  staging: DeviceBuffer,
  use: (mapped: ArrayBuffer) => T,
  bytes = staging.size,
): Promise<T> {
  await staging.mapAsync(MAP_READ, 0, bytes);
  try {
    return use(staging.getMappedRange(0, bytes));
  } finally {
    staging.unmap();
  }
}

/**
 * A staging buffer that is filled by recorded copies, one behind the other, and read once. Call `read`
 * after the copies have been submitted: it is what frees the buffer.
 */
export class Readback {
  readonly #staging: DeviceBuffer;
  #filled = 0;

  /** @param bytes sum of the ranges that will be copied */
  constructor(device: Device, label: string, bytes: number) {
    this.#staging = stagingBuffer(device, label, bytes);
  }

  /** Record the copy of a range, behind the ranges before it. */
  copy(encoder: CommandEncoder, { buffer, offset, bytes }: BufferRange): void {
    encoder.copyBufferToBuffer(buffer, offset, this.#staging, this.#filled, bytes);
    this.#filled += bytes;
  }

  /** Wait for the copies, as `readMapped` does, and free the buffer in every case. */
  async read<T>(use: (mapped: ArrayBuffer) => T): Promise<T> {
    try {
      return await readMapped(this.#staging, use);
    } finally {
      this.#staging.destroy();
    }
  }
}

/** Record the copies of ranges into one staging buffer. The caller submits, and then reads. */
export function recordReadback(
  device: Device,
  encoder: CommandEncoder,
  label: string,
  ranges: readonly BufferRange[],
): Readback {
  const bytes = ranges.reduce((sum, range) => sum + range.bytes, 0);
  const readback = new Readback(device, label, bytes);
  for (const range of ranges) readback.copy(encoder, range);
  return readback;
}

/**
 * Copy ranges off the GPU in one submission, one behind the other, as they are after what has been
 * submitted so far: what is submitted after the call changes nothing.
 *
 * @param use as `readMapped` takes it
 * @returns what `use` made of the bytes. Rejects if the device is lost.
 */
export function readRanges<T>(
  device: Device,
  label: string,
  ranges: readonly BufferRange[],
  use: (mapped: ArrayBuffer) => T,
): Promise<T> {
  const readback = submit(device, (encoder) => recordReadback(device, encoder, label, ranges));
  return readback.read(use);
}

/** Copy one range off the GPU, as `readRanges` does. */
export function readRange(device: Device, range: BufferRange): Promise<ArrayBuffer> {
  return readRanges(device, range.buffer.label, [range], (mapped) => mapped.slice(0));
}

/** Copy a whole buffer off the GPU, as `readRanges` does. */
export function readBuffer(device: Device, buffer: DeviceBuffer): Promise<ArrayBuffer> {
  return readRange(device, wholeBuffer(buffer));
}
