import type { Device, DeviceBuffer } from "./device.ts";

/** How a kernel sees a buffer: as storage that it only reads, as storage that it may write, or as a uniform. */
export type BindingKind = "read" | "write" | "uniform";

/** One kernel: in WGSL for WebGPU, and by name for the processor. */
export interface KernelSource<Binding extends string> {
  /** Names this variant of the kernel, in errors and in reports. Sources with the same label are the same. */
  label: string;
  /** The kernel of the processor that computes the same (`src/cpu/kernel-table.ts`). */
  name: string;
  /** What the processor's kernel has to know besides the constants, such as a format. */
  options?: Readonly<Record<string, string | number | boolean>>;
  /** Snippets of WGSL, joined in this order, because several kernels share formats and functions. */
  wgsl: readonly string[];
  /** Declared before the WGSL as `const NAME: u32`, or `const NAME: bool` for booleans. The compiler folds them. */
  constants?: Readonly<Record<string, number | boolean>>;
  features?: readonly "subgroups"[];
  /** The buffers in the order of their `@binding` numbers, all in `@group(0)`. */
  bindings: Readonly<Record<Binding, BindingKind>>;
}

/** A kernel that a device has compiled. What it is made of is the device's own. */
export interface Kernel<Binding extends string> {
  readonly label: string;
  readonly bindings: readonly Binding[];
}

/** A kernel bound to its buffers. It is made once and dispatched often, so that a step makes no objects. */
export interface BoundKernel {
  readonly label: string;
}

/** Compile a kernel. This takes long, and is done once. */
export function compileKernel<Binding extends string>(
  device: Device,
  source: KernelSource<Binding>,
): Promise<Kernel<Binding>> {
  return device.compileKernel(source);
}

/** Compile a small kernel that is needed at once. If it is invalid, which is a bug, the device reports an error. */
export function compileKernelAtOnce<Binding extends string>(
  device: Device,
  source: KernelSource<Binding>,
): Kernel<Binding> {
  return device.compileKernelAtOnce(source);
}

/** Bind a kernel to its buffers. The caller still owns the buffers. */
export function bindKernel<Binding extends string>(
  device: Device,
  kernel: Kernel<Binding>,
  buffers: Readonly<Record<Binding, DeviceBuffer>>,
): BoundKernel {
  return device.bindKernel(kernel, buffers);
}

/** Number of workgroups along x, y and z. */
export type Grid = readonly [x: number, y?: number, z?: number];
