import type { Device, DeviceBuffer } from "../device/device.ts";
import {
  MAX_RUN_BYTES,
  MAX_RUN_ROWS,
  repackGrid,
  repackParams,
  repackSource,
  type RepackBinding,
  type RepackRun,
} from "../../shaders/repack/repack.ts";
import { storageBuffer, uploadUniform } from "../device/buffers.ts";
import { dispatchAll, submit } from "../device/commands.ts";
import { bindKernel, compileKernelAtOnce, type Kernel } from "../device/kernel.ts";
import { assert } from "../shared/assert.ts";

/**
 * Puts blocks of a GGUF file into the buffers of weights, on the GPU. Everything is ordered by the queue, so nothing is
 * waited for, and all runs go through the same two buffers.
 */
export class BlockRepacker {
  readonly #device: Device;
  readonly #blocks: DeviceBuffer;
  readonly #params: DeviceBuffer;
  readonly #kernels = new Map<string, Kernel<RepackBinding>>();

  constructor(device: Device) {
    this.#device = device;
    this.#blocks = storageBuffer(device, "blocks", MAX_RUN_BYTES);
    this.#params = uploadUniform(device, "run of blocks", new Uint32Array(PARAMS_WORDS));
  }

  /** @param bytes of whole rows */
  write(weights: DeviceBuffer, run: RepackRun, bytes: Uint8Array<ArrayBuffer>): void {
    const rowBytes = bytes.length / run.rows;
    const most = Math.min(Math.floor(MAX_RUN_BYTES / rowBytes), MAX_RUN_ROWS);
    assert(most > 0, `a row of ${rowBytes} bytes is more than a run`);
    for (let row = 0; row < run.rows; row += most) {
      const rows = Math.min(most, run.rows - row);
      const part = { ...run, rows, firstRow: run.firstRow + row };
      this.#writeRun(weights, part, bytes.subarray(row * rowBytes, (row + rows) * rowBytes));
    }
  }

  #writeRun(weights: DeviceBuffer, run: RepackRun, bytes: Uint8Array<ArrayBuffer>): void {
    const device = this.#device;
    writeBytes(device, this.#blocks, bytes);
    device.queue.writeBuffer(this.#params, 0, repackParams(run));
    const bound = bindKernel(device, this.#kernelFor(run), {
      blocks: this.#blocks,
      weights,
      params: this.#params,
    });
    submit(device, (encoder) => {
      dispatchAll(encoder, [{ bound, grid: () => repackGrid(run) }]);
    });
  }

  /** Gives the buffers back, when what was submitted has run. */
  destroy(): void {
    this.#blocks.destroy();
    this.#params.destroy();
  }

  #kernelFor({ type, format }: RepackRun): Kernel<RepackBinding> {
    const key = `${type} ${format}`;
    const known = this.#kernels.get(key);
    if (known) return known;
    const kernel = compileKernelAtOnce(this.#device, repackSource(type, format));
    this.#kernels.set(key, kernel);
    return kernel;
  }
}

/** Words of the uniform, in whole rows of 16 bytes. */
const PARAMS_WORDS = 8;

/** Writes bytes of any number to the beginning of a buffer, which is written in whole words. */
function writeBytes(device: Device, buffer: DeviceBuffer, bytes: Uint8Array<ArrayBuffer>): void {
  const whole = bytes.length - (bytes.length % 4);
  device.queue.writeBuffer(buffer, 0, bytes, 0, whole);
  if (whole === bytes.length) return;
  const rest = new Uint8Array(4);
  rest.set(bytes.subarray(whole));
  device.queue.writeBuffer(buffer, whole, rest);
}
