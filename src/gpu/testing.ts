import { test } from "vitest";
import { assert } from "../shared/assert.ts";
import { stagingBuffer, storageBuffer, uploadStorage, uploadUniform } from "./buffers.ts";
import { requestGpu, type AdapterDescription, type Gpu } from "./device.ts";
import {
  bindKernel,
  compileKernel,
  dispatch,
  type Grid,
  type Kernel,
  type KernelSource,
} from "./kernel.ts";
import { memoizeByKey } from "../shared/memoize.ts";

/** A device that all tests of a file share, with the kernels they have compiled. */
interface FileGpu extends Gpu {
  kernels: Map<string, Promise<Kernel<string>>>;
}

/** What a kernel test gets: a device, seeded data, upload, run-and-read-back. */
export class GpuHarness {
  #seed = 1;
  readonly #buffers: GPUBuffer[] = [];
  readonly #kernels: FileGpu["kernels"];
  readonly device: GPUDevice;
  readonly adapter: AdapterDescription;

  constructor({ device, adapter, kernels }: FileGpu) {
    this.device = device;
    this.adapter = adapter;
    this.#kernels = kernels;
  }

  /** xorshift32: the same numbers on every run and machine. */
  #next(): number {
    this.#seed ^= this.#seed << 13;
    this.#seed ^= this.#seed >>> 17;
    this.#seed ^= this.#seed << 5;
    return (this.#seed >>> 0) / 2 ** 32;
  }

  /** Uniform in [-1, 1). */
  randomFloat32 = (length: number) => Float32Array.from({ length }, () => this.#next() * 2 - 1);

  upload = (data: ArrayBufferView<ArrayBuffer>): GPUBuffer =>
    this.#own(uploadStorage(this.device, "test", data));
  uniform = (...words: number[]): GPUBuffer => this.uniformOf(Uint32Array.from(words));
  uniformOf = (data: Uint32Array<ArrayBuffer>): GPUBuffer =>
    this.#own(uploadUniform(this.device, "test", data));
  empty = (bytes: number): GPUBuffer => this.#own(storageBuffer(this.device, "test", bytes));

  /** Compile, if no test of the file has yet, dispatch once over `grid`, and wait. */
  async run<B extends string>(
    source: KernelSource<B>,
    buffers: Record<B, GPUBuffer>,
    grid: Grid,
  ): Promise<void> {
    const bound = bindKernel(this.device, await this.#compiled(source), buffers);
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    dispatch(pass, bound, grid);
    pass.end();
    this.device.queue.submit([encoder.finish()]);
    await this.device.queue.onSubmittedWorkDone();
  }

  async read(buffer: GPUBuffer): Promise<ArrayBuffer> {
    const staging = this.#own(stagingBuffer(this.device, "test", buffer.size));
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
    this.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    return staging.getMappedRange().slice(0);
  }

  readFloat32 = async (buffer: GPUBuffer) => new Float32Array(await this.read(buffer));
  readUint32 = async (buffer: GPUBuffer) => new Uint32Array(await this.read(buffer));

  destroy(): void {
    for (const buffer of this.#buffers) buffer.destroy();
  }

  #compiled<B extends string>(source: KernelSource<B>): Promise<Kernel<B>> {
    const compile = () => compileKernel(this.device, source);
    return memoizeByKey(this.#kernels, JSON.stringify(source), compile) as Promise<Kernel<B>>;
  }

  #own(buffer: GPUBuffer): GPUBuffer {
    this.#buffers.push(buffer);
    return buffer;
  }
}

/**
 * A test on a real device, which all tests of a file share. Any validation or out-of-memory error during
 * the test fails it, and a machine with no adapter fails it too: a skipped kernel test reads as a passed one.
 */
export const gpuTest = test.extend<{ fileGpu: FileGpu; gpu: GpuHarness }>({
  fileGpu: [
    // Vitest reads from the pattern which fixtures this one needs.
    async ({}, use) => {
      const gpu = await requestGpu();
      await use({ ...gpu, kernels: new Map() });
      gpu.device.destroy();
    },
    { scope: "file" },
  ],
  gpu: async ({ fileGpu, task }, use) => {
    const gpu = new GpuHarness(fileGpu);
    const { device } = gpu;
    device.label = task.name;
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    await use(gpu);
    const validation = await device.popErrorScope();
    const outOfMemory = await device.popErrorScope();
    gpu.destroy();
    assert(!validation, () => `validation error: ${validation?.message ?? ""}`);
    assert(!outOfMemory, () => `out of memory: ${outOfMemory?.message ?? ""}`);
  },
});
