import { assert } from "../shared/assert.ts";
import { unroll } from "./unroll.ts";

/** How a kernel sees a buffer: as storage that it only reads, as storage that it may write, or as a uniform. */
export type BindingKind = "read" | "write" | "uniform";

/** One WGSL kernel. It is composed of snippets, because several kernels share formats and functions. */
export interface KernelSource<Binding extends string> {
  label: string;
  /** Snippets, joined in this order. */
  wgsl: readonly string[];
  /** Declared before the WGSL as `const NAME: u32`, or `const NAME: bool` for booleans. The compiler folds them. */
  constants?: Readonly<Record<string, number | boolean>>;
  features?: readonly "subgroups"[];
  /** The buffers in the order of their `@binding` numbers, all in `@group(0)`. */
  bindings: Readonly<Record<Binding, BindingKind>>;
}

export interface Kernel<Binding extends string> {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly bindings: readonly Binding[];
}

/** A kernel bound to its buffers. It is made once and dispatched often, so that a step makes no GPU objects. */
export interface BoundKernel {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/** The WGSL as the device gets it. */
function wgslOf({ wgsl, constants = {}, features = [] }: KernelSource<string>): string {
  const declarations = Object.entries(constants).map(([name, value]) =>
    typeof value === "boolean"
      ? `const ${name}: bool = ${String(value)};`
      : `const ${name}: u32 = ${value}u;`,
  );
  const header = [...features.map((name) => `enable ${name};`), ...declarations];
  return unroll([...header, ...wgsl].join("\n"), constants);
}

/**
 * Compile a kernel. This takes long, and is done once.
 *
 * @throws with the compiler's messages if the WGSL is invalid, which is a bug
 */
export async function compileKernel<Binding extends string>(
  device: GPUDevice,
  source: KernelSource<Binding>,
): Promise<Kernel<Binding>> {
  const { label } = source;
  const { descriptor, kernel } = describeKernel(device, source);
  const { messages } = await descriptor.compute.module.getCompilationInfo();
  const errors = messages.filter(({ type }) => type === "error");
  assert(errors.length === 0, () =>
    errors.map((e) => `${label}.wgsl:${e.lineNum}:${e.linePos} ${e.message}`).join("\n"),
  );
  return { ...kernel, pipeline: await device.createComputePipelineAsync(descriptor) };
}

/**
 * Compile a kernel without waiting: what is submitted with it waits on the GPU's side. It is for small kernels that are
 * needed at once. If the WGSL is invalid, which is a bug, the device reports a validation error.
 */
export function compileKernelAtOnce<Binding extends string>(
  device: GPUDevice,
  source: KernelSource<Binding>,
): Kernel<Binding> {
  const { descriptor, kernel } = describeKernel(device, source);
  return { ...kernel, pipeline: device.createComputePipeline(descriptor) };
}

function describeKernel<Binding extends string>(
  device: GPUDevice,
  source: KernelSource<Binding>,
): {
  descriptor: GPUComputePipelineDescriptor;
  kernel: Omit<Kernel<Binding>, "pipeline">;
} {
  const { label } = source;
  const module = device.createShaderModule({ label, code: wgslOf(source) });
  // The layout is explicit, because "auto" drops a binding that this variant of the kernel does not use.
  const layout = device.createBindGroupLayout({
    label,
    entries: Object.values<BindingKind>(source.bindings).map((kind, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: BUFFER_TYPES[kind] },
    })),
  });
  return {
    descriptor: {
      label,
      layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module },
    },
    kernel: { label, layout, bindings: Object.keys(source.bindings) as Binding[] },
  };
}

const BUFFER_TYPES: Record<BindingKind, GPUBufferBindingType> = {
  read: "read-only-storage",
  write: "storage",
  uniform: "uniform",
};

/** Bind a kernel to its buffers. The caller still owns the buffers. */
export function bindKernel<Binding extends string>(
  device: GPUDevice,
  kernel: Kernel<Binding>,
  buffers: Readonly<Record<Binding, GPUBuffer>>,
): BoundKernel {
  const bindGroup = device.createBindGroup({
    label: kernel.label,
    layout: kernel.layout,
    entries: kernel.bindings.map((name, binding) => ({
      binding,
      resource: { buffer: buffers[name] },
    })),
  });
  return { pipeline: kernel.pipeline, bindGroup };
}

/** Number of workgroups along x, y and z. */
export type Grid = readonly [x: number, y?: number, z?: number];

export function dispatch(pass: GPUComputePassEncoder, bound: BoundKernel, grid: Grid): void {
  pass.setPipeline(bound.pipeline);
  pass.setBindGroup(0, bound.bindGroup);
  pass.dispatchWorkgroups(...grid);
}
