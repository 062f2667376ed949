import { test } from "vitest";
import { assert } from "../shared/assert.ts";
import { storageBuffer, uploadStorage, uploadUniform } from "./buffers.ts";
import { dispatchAll, submit } from "./commands.ts";
import type { AdapterDescription, Hardware, Device, DeviceBuffer } from "./device.ts";
import { closeTestDevice, openTestDevice } from "./test-device-testing.ts";
import { bindKernel, compileKernel, type Grid, type KernelSource } from "./kernel.ts";
import { readBuffer } from "./readback.ts";

/** What a kernel test works with: a device, seeded random data, uploads, running kernels and reading back. */
export class DeviceHarness {
  #seed = 1;
  readonly #buffers: DeviceBuffer[] = [];
  readonly device: Device;
  readonly adapter: AdapterDescription;
  readonly kind: Hardware["kind"];

  constructor({ device, adapter, kind }: Hardware) {
    this.kind = kind;
    this.device = device;
    this.adapter = adapter;
  }

  /** The next number of xorshift32, in [0, 1). The numbers are the same on every run and machine. */
  #next(): number {
    this.#seed ^= this.#seed << 13;
    this.#seed ^= this.#seed >>> 17;
    this.#seed ^= this.#seed << 5;
    return (this.#seed >>> 0) / 2 ** 32;
  }

  /** Random numbers, uniform in [-1, 1). */
  randomFloat32 = (length: number) => Float32Array.from({ length }, () => this.#next() * 2 - 1);

  upload = (data: ArrayBufferView<ArrayBuffer>): DeviceBuffer =>
    this.#own(uploadStorage(this.device, "test", data));
  uniform = (...words: number[]): DeviceBuffer => this.uniformOf(Uint32Array.from(words));
  uniformOf = (data: Uint32Array<ArrayBuffer>): DeviceBuffer =>
    this.#own(uploadUniform(this.device, "test", data));
  empty = (bytes: number): DeviceBuffer => this.#own(storageBuffer(this.device, "test", bytes));

  /** Compile the kernel unless a test has done so, dispatch it once over `grid`, and wait. */
  async run<B extends string>(
    source: KernelSource<B>,
    buffers: Record<B, DeviceBuffer>,
    grid: Grid,
  ): Promise<void> {
    const bound = bindKernel(this.device, await compileKernel(this.device, source), buffers);
    submit(this.device, (encoder) => {
      dispatchAll(encoder, [{ bound, grid: () => grid }]);
    });
    await this.device.queue.onSubmittedWorkDone();
  }

  read = (buffer: DeviceBuffer): Promise<ArrayBuffer> => readBuffer(this.device, buffer);
  readFloat32 = async (buffer: DeviceBuffer) => new Float32Array(await this.read(buffer));
  readUint32 = async (buffer: DeviceBuffer) => new Uint32Array(await this.read(buffer));

  destroy(): void {
    for (const buffer of this.#buffers) buffer.destroy();
  }

  #own(buffer: DeviceBuffer): DeviceBuffer {
    this.#buffers.push(buffer);
    return buffer;
  }
}

/**
 * A test on a real device, which it shares with others. Any validation or out-of-memory error during
 * the test fails it, and a machine with no adapter fails it too: a skipped kernel test reads as a passed one.
 */
export const deviceTest = test.extend<{ fileDevice: Hardware; hardware: DeviceHarness }>({
  fileDevice: [
    // Vitest reads from the pattern which fixtures this one needs.
    async ({}, use) => {
      const hardware = await openTestDevice();
      await use(hardware);
      closeTestDevice(hardware);
    },
    { scope: "file" },
  ],
  hardware: async ({ fileDevice, task }, use) => {
    const hardware = new DeviceHarness(fileDevice);
    const { device } = hardware;
    device.label = task.name;
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    await use(hardware);
    const validation = await device.popErrorScope();
    const outOfMemory = await device.popErrorScope();
    hardware.destroy();
    assert(!validation, () => `validation error: ${validation?.message ?? ""}`);
    assert(!outOfMemory, () => `out of memory: ${outOfMemory?.message ?? ""}`);
  },
});
