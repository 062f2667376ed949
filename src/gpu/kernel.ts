import { assert } from "../shared/assert.ts";
import { unroll } from "./unroll.ts";

/** How a kernel sees a buffer: storage it reads, storage it also writes, or a uniform. */
export type BindingKind = "read" | "write" | "uniform";

/** One WGSL kernel. Composed of snippets, because several kernels read the same weight formats. */
export interface KernelSource<Binding extends string> {
  label: string;
  /** Joined in this order. */
  wgsl: readonly string[];
  /** Become `const NAME: u32` (booleans `const NAME: bool`) before the WGSL: the compiler folds them. */
  constants?: Readonly<Record<string, number | boolean>>;
  features?: readonly "subgroups"[];
  /** In `@binding` order, all in `@group(0)`. */
  bindings: Readonly<Record<Binding, BindingKind>>;
}

export interface Kernel<Binding extends string> {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly bindings: readonly Binding[];
}

/** A kernel with its buffers, made once and dispatched often: a step allocates nothing. */
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

/** Compile once, at start-up. A validation error here is a bug in the WGSL: it throws with the message. */
export async function compileKernel<Binding extends string>(
  device: GPUDevice,
  source: KernelSource<Binding>,
): Promise<Kernel<Binding>> {
  const { label } = source;
  const module = device.createShaderModule({ label, code: wgslOf(source) });
  const { messages } = await module.getCompilationInfo();
  const errors = messages.filter(({ type }) => type === "error");
  assert(errors.length === 0, () =>
    errors.map((e) => `${label}.wgsl:${e.lineNum}:${e.linePos} ${e.message}`).join("\n"),
  );
  // Explicit, because "auto" drops a binding that this variant of the kernel does not touch.
  const layout = device.createBindGroupLayout({
    label,
    entries: Object.values<BindingKind>(source.bindings).map((kind, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: BUFFER_TYPES[kind] },
    })),
  });
  const pipeline = await device.createComputePipelineAsync({
    label,
    layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
    compute: { module },
  });
  return { label, pipeline, layout, bindings: Object.keys(source.bindings) as Binding[] };
}

const BUFFER_TYPES: Record<BindingKind, GPUBufferBindingType> = {
  read: "read-only-storage",
  write: "storage",
  uniform: "uniform",
};

/** Tie a kernel to its buffers. Buffers stay owned by the caller. */
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

/** Workgroups along x, y and z. */
export type Grid = readonly [x: number, y?: number, z?: number];

export function dispatch(pass: GPUComputePassEncoder, bound: BoundKernel, grid: Grid): void {
  pass.setPipeline(bound.pipeline);
  pass.setBindGroup(0, bound.bindGroup);
  pass.dispatchWorkgroups(...grid);
}
