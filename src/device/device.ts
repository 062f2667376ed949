/**
 * @file What the engine asks of the hardware that a model runs on. Two devices implement it: WebGPU (`src/gpu`) and the
 * processor (`src/cpu`). Everything between the kernels and the page is written against this interface, and nothing
 * there asks which device it has.
 *
 * Its words and rules are those of WebGPU: buffers of bytes, kernels that are bound to buffers, and a queue that runs
 * what was submitted in that order, while the caller goes on.
 */

import type { DeviceKind } from "../protocol/engine-api.ts";
import type { BoundKernel, Grid, Kernel, KernelSource } from "./kernel.ts";

/** Description of the adapter. Kernels are chosen by it. */
export interface AdapterDescription {
  vendor: string;
  architecture: string;
  description: string;
  /** Whether the adapter is software that runs on the CPU (SwiftShader, WARP), where other kernels are fast. */
  software: boolean;
  /** Smallest number of lanes that a subgroup may have, or 0 if the device has no subgroups. */
  subgroupLanes: number;
}

/** A device, and the adapter it belongs to. */
export interface Hardware {
  device: Device;
  adapter: AdapterDescription;
  kind: DeviceKind;
  /** How many threads of the processor it has. Absent on a GPU. */
  threads?: number;
}

/** One line for reports and the page, such as "google swiftshader". */
export function adapterName({ vendor, architecture, description }: AdapterDescription): string {
  return [vendor, architecture, description].filter((part) => part !== "").join(" ") || "unknown";
}

/** What a buffer is for: kernels read and write it, read it as a uniform, or it is read on the engine's side. */
export type BufferUse = "storage" | "uniform" | "staging";

/** Bytes that kernels work on. All are zero at first. */
export interface DeviceBuffer {
  readonly label: string;
  /** Bytes. */
  readonly size: number;
  readonly mapState: "unmapped" | "pending" | "mapped";
  destroy(): void;
  /** Only for staging buffers: waits for what was submitted, and then lets the bytes be read. */
  mapAsync(mode: number, offset?: number, size?: number): Promise<unknown>;
  /** The bytes of a mapped buffer. They are detached when it is unmapped. */
  getMappedRange(offset?: number, size?: number): ArrayBuffer;
  unmap(): void;
}

/** Copies data into buffers, between what was submitted before and what is submitted later. */
export interface DeviceQueue {
  /**
   * @param data its bytes are copied before the call returns
   * @param dataOffset where to begin, in elements of a typed array
   * @param size how many elements; all that follow if absent
   */
  writeBuffer(
    buffer: DeviceBuffer,
    offset: number,
    data: ArrayBufferView<ArrayBuffer>,
    dataOffset?: number,
    size?: number,
  ): void;
  /** Resolves when everything that was submitted has run. */
  onSubmittedWorkDone(): Promise<unknown>;
}

/** Records commands, which run when they are submitted. */
export interface CommandEncoder {
  /** Offsets and size in bytes, multiples of 4. */
  copyBufferToBuffer(
    source: DeviceBuffer,
    sourceOffset: number,
    target: DeviceBuffer,
    targetOffset: number,
    size: number,
  ): void;
  clearBuffer(buffer: DeviceBuffer, offset?: number, size?: number): void;
  /** Kernels to be dispatched one behind the other. */
  dispatch(kernels: readonly { bound: BoundKernel; grid: Grid }[]): void;
}

/** A device that can be waited for. */
export interface WaitedDevice {
  /**
   * How long a step of a prompt should take, in ms. A turn that is stopped waits about that long, and each step has
   * costs of its own: on a GPU its dispatches, on the processor the unpacking of all weights.
   */
  readonly stepMs: number;
  readonly queue: Pick<DeviceQueue, "onSubmittedWorkDone">;
}

export interface DeviceLimits {
  /** Bytes. */
  readonly maxBufferSize: number;
  /** Bytes. */
  readonly maxStorageBufferBindingSize: number;
  /** Workgroups along each side of a grid. */
  readonly maxComputeWorkgroupsPerDimension: number;
}

/** The hardware that a model runs on. */
export interface Device {
  label: string;
  readonly limits: DeviceLimits;
  readonly queue: DeviceQueue;
  /** As in `WaitedDevice`. */
  readonly stepMs: number;
  /** Resolves when the device is gone, whether it was destroyed or failed. */
  readonly lost: Promise<{ readonly message: string }>;
  createBuffer(descriptor: { label: string; size: number; use: BufferUse }): DeviceBuffer;
  /** @throws with the compiler's messages if the kernel is invalid, which is a bug */
  compileKernel<Binding extends string>(source: KernelSource<Binding>): Promise<Kernel<Binding>>;
  /** Compiles without waiting: what is submitted with the kernel waits on the device's side. */
  compileKernelAtOnce<Binding extends string>(source: KernelSource<Binding>): Kernel<Binding>;
  bindKernel<Binding extends string>(
    kernel: Kernel<Binding>,
    buffers: Readonly<Record<Binding, DeviceBuffer>>,
  ): BoundKernel;
  /** Submits what `record` records; does not wait for it. @returns what `record` does */
  submit<T>(record: (encoder: CommandEncoder) => T): T;
  pushErrorScope(filter: "out-of-memory" | "validation"): void;
  /** Calls back on every error outside of all scopes, each of which is a bug. */
  onUncapturedError(listener: (error: { readonly message: string }) => void): void;
  /** The first error since the scope was pushed. */
  popErrorScope(): Promise<{ readonly message: string } | null>;
  destroy(): void;
}
