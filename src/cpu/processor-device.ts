import type {
  AdapterDescription,
  BufferUse,
  CommandEncoder,
  Device,
  DeviceBuffer,
  DeviceLimits,
  DeviceQueue,
} from "../device/device.ts";
import type { BoundKernel, Grid, Kernel, KernelSource } from "../device/kernel.ts";
import { assert } from "../shared/assert.ts";
import { releaseBytes } from "../shared/release-bytes.ts";
import { MemoryBuffer, StagingBuffer } from "./processor-buffers.ts";
import { KERNEL_TABLE } from "./kernel-table.ts";
import type { Dispatch, RunKernel } from "./processor-kernel.ts";
import type { MemoryRange, ProcessorMemory } from "./processor-memory.ts";
import type { ThreadPool } from "./thread-pool.ts";
import { WorkQueue } from "./work-queue.ts";

export const PROCESSOR_ADAPTER: AdapterDescription = {
  vendor: "processor",
  architecture: "simd128",
  description: "",
  software: true,
  subgroupLanes: 0,
};

interface ProcessorKernelHandle<Binding extends string> extends Kernel<Binding> {
  readonly source: KernelSource<Binding>;
}

interface BoundDispatch extends BoundKernel {
  readonly dispatch: Dispatch;
}

/** The processor as a device: kernels in WebAssembly over one memory, run by a pool of threads. */
export class ProcessorDevice implements Device {
  label = "engine";
  readonly stepMs = 500;
  readonly limits: DeviceLimits;
  readonly queue: DeviceQueue;
  readonly lost: Promise<{ readonly message: string }>;
  readonly #memory: ProcessorMemory;
  readonly #pool: ThreadPool;
  readonly #work: WorkQueue;
  readonly #run: RunKernel;
  #lose: (reason: { message: string }) => void = () => undefined;
  #isLost = false;
  /** For each pushed scope what it looks for, and the first of that. */
  readonly #scopes: { filter: string; error: { message: string } | null }[] = [];
  readonly #listeners: ((error: { message: string }) => void)[] = [];
  /** Calls that end what waits for the queue, when the device is lost. */
  readonly #waiters = new Set<() => void>();

  constructor(memory: ProcessorMemory, pool: ThreadPool) {
    this.#memory = memory;
    this.#pool = pool;
    this.lost = new Promise((resolve) => (this.#lose = resolve));
    this.#work = new WorkQueue((error) => {
      this.fail(error instanceof Error ? error.message : String(error));
    });
    this.#run = (...job) => {
      pool.run(...job);
    };
    this.limits = {
      maxBufferSize: memory.maxBytes,
      maxStorageBufferBindingSize: memory.maxBytes,
      maxComputeWorkgroupsPerDimension: 2 ** 31,
    };
    this.queue = {
      writeBuffer: (...write) => {
        this.#write(...write);
      },
      onSubmittedWorkDone: () => this.#settled(),
    };
  }

  /** The device is of no use any more: everything that waits is dropped. */
  fail(message: string): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#work.drop();
    this.#pool.close();
    this.#lose({ message });
    for (const end of this.#waiters) end();
    this.#waiters.clear();
  }

  destroy(): void {
    this.fail("The device was destroyed.");
  }

  createBuffer(described: { label: string; size: number; use: BufferUse }): DeviceBuffer {
    if (described.use === "staging") return new StagingBuffer(described, () => this.#settled());
    const range = this.#memory.allocate(described.size);
    if (!range) {
      const message = `There is no memory for ${described.size} bytes of ${described.label}.`;
      this.#report("out-of-memory", message);
    }
    return new MemoryBuffer(described, range, (released) => {
      // What was submitted before may still use it.
      this.#later(() => {
        this.#memory.free(released);
      });
    });
  }

  compileKernel<Binding extends string>(source: KernelSource<Binding>): Promise<Kernel<Binding>> {
    return Promise.resolve(this.compileKernelAtOnce(source));
  }

  compileKernelAtOnce<Binding extends string>(source: KernelSource<Binding>): Kernel<Binding> {
    assert(KERNEL_TABLE.has(source.name), `there is no kernel ${source.name}`);
    const bindings = Object.keys(source.bindings) as Binding[];
    const kernel: ProcessorKernelHandle<Binding> = { label: source.label, bindings, source };
    return kernel;
  }

  bindKernel<Binding extends string>(
    kernel: Kernel<Binding>,
    buffers: Readonly<Record<Binding, DeviceBuffer>>,
  ): BoundKernel {
    const { source, bindings, label } = kernel as ProcessorKernelHandle<Binding>;
    const make = KERNEL_TABLE.get(source.name);
    assert(make !== undefined, `there is no kernel ${source.name}`);
    const ranges = bindings.map((name) => [name, boundRange(buffers[name])] as const);
    const { constants = {}, options = {} } = source;
    const memory = this.#memory;
    const request = { constants, options, buffers: Object.fromEntries(ranges), memory };
    const bound: BoundDispatch = { label, dispatch: make(request) };
    return bound;
  }

  submit<T>(record: (encoder: CommandEncoder) => T): T {
    return record({
      copyBufferToBuffer: (...copy) => {
        this.#later(() => {
          this.#copy(...copy);
        });
      },
      clearBuffer: (buffer, offset = 0, size = buffer.size - offset) => {
        this.#later(() => {
          const range = rangeOf(buffer);
          if (range) this.#memory.bytes.fill(0, range.at + offset, range.at + offset + size);
        });
      },
      dispatch: (kernels) => {
        for (const { bound, grid } of kernels) this.#dispatch(bound as BoundDispatch, grid);
      },
    });
  }

  onUncapturedError(listener: (error: { readonly message: string }) => void): void {
    this.#listeners.push(listener);
  }

  pushErrorScope(filter: "out-of-memory" | "validation"): void {
    this.#scopes.push({ filter, error: null });
  }

  popErrorScope(): Promise<{ readonly message: string } | null> {
    return Promise.resolve(this.#scopes.pop()?.error ?? null);
  }

  #report(filter: string, message: string): void {
    const scope = this.#scopes.findLast((one) => one.filter === filter);
    if (scope) scope.error ??= { message };
    else for (const listener of this.#listeners) listener({ message });
  }

  #later(work: () => void): void {
    if (!this.#isLost) this.#work.add(work);
  }

  #dispatch({ dispatch }: BoundDispatch, grid: Grid): void {
    this.#later(() => {
      dispatch(grid, this.#run);
    });
  }

  /** Resolves when all that was submitted is done. @throws if the device is lost before */
  #settled(): Promise<undefined> {
    return new Promise((resolve, reject) => {
      const fail = () => {
        reject(new Error("The device is lost."));
      };
      if (this.#isLost) {
        fail();
        return;
      }
      this.#waiters.add(fail);
      this.#later(() => {
        this.#waiters.delete(fail);
        resolve(undefined);
      });
    });
  }

  #write(
    buffer: DeviceBuffer,
    offset: number,
    data: ArrayBufferView<ArrayBuffer>,
    ...[dataOffset = 0, size]: [number?, number?]
  ): void {
    const unit = "BYTES_PER_ELEMENT" in data ? Number(data.BYTES_PER_ELEMENT) : 1;
    const from = data.byteOffset + dataOffset * unit;
    const length = size === undefined ? data.byteLength - dataOffset * unit : size * unit;
    const bytes = new Uint8Array(data.buffer, from, length);
    const range = rangeOf(buffer);
    if (!range || this.#isLost) return;
    assert(offset + length <= buffer.size, `${length} bytes do not fit into ${buffer.label}`);
    if (this.#work.isEmpty) {
      this.#memory.bytes.set(bytes, range.at + offset);
      return;
    }
    const kept = bytes.slice();
    this.#later(() => {
      this.#memory.bytes.set(kept, range.at + offset);
      releaseBytes(kept.buffer);
    });
  }

  #copy(
    ...[source, from, target, to, size]: Parameters<CommandEncoder["copyBufferToBuffer"]>
  ): void {
    const { bytes } = this.#memory;
    const range = rangeOf(source);
    if (!range) return;
    const start = range.at + from;
    if (target instanceof StagingBuffer) {
      target.fill(bytes.subarray(start, start + size), to);
      return;
    }
    const place = rangeOf(target);
    if (place) bytes.copyWithin(place.at + to, start, start + size);
  }
}

const rangeOf = (buffer: DeviceBuffer): MemoryRange | undefined =>
  buffer instanceof MemoryBuffer ? buffer.range : undefined;

/** A buffer's bytes as a kernel sees them. */
function boundRange(buffer: DeviceBuffer): MemoryRange {
  // A buffer for which there was no memory is never used: its owner is told, and gives the device back.
  return { at: rangeOf(buffer)?.at ?? 0, size: buffer.size };
}
