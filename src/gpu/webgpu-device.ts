import type {
  BufferUse,
  CommandEncoder,
  Device,
  DeviceBuffer,
  DeviceLimits,
  DeviceQueue,
} from "../device/device.ts";
import type { BindingKind, BoundKernel, Grid, Kernel, KernelSource } from "../device/kernel.ts";
import { assert } from "../shared/assert.ts";
import { unroll } from "./unroll.ts";

interface GpuKernel<Binding extends string> extends Kernel<Binding> {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

interface GpuBoundKernel extends BoundKernel {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/** A device over WebGPU. Its buffers are WebGPU's own. */
export class WebGpuDevice implements Device {
  readonly #device: GPUDevice;
  readonly stepMs = 100;
  readonly limits: DeviceLimits;
  readonly queue: DeviceQueue;
  readonly lost: Promise<{ readonly message: string }>;

  constructor(device: GPUDevice) {
    this.#device = device;
    this.limits = device.limits;
    this.queue = device.queue;
    this.lost = device.lost;
  }

  get label(): string {
    return this.#device.label;
  }

  set label(label: string) {
    this.#device.label = label;
  }

  createBuffer({ use, ...rest }: { label: string; size: number; use: BufferUse }): GPUBuffer {
    return this.#device.createBuffer({ ...rest, usage: usageOf(use) });
  }

  async compileKernel<Binding extends string>(
    source: KernelSource<Binding>,
  ): Promise<Kernel<Binding>> {
    const { label } = source;
    const { descriptor, kernel } = this.#describe(source);
    const { messages } = await descriptor.compute.module.getCompilationInfo();
    const errors = messages.filter(({ type }) => type === "error");
    assert(errors.length === 0, () =>
      errors.map((e) => `${label}.wgsl:${e.lineNum}:${e.linePos} ${e.message}`).join("\n"),
    );
    const pipeline = await this.#device.createComputePipelineAsync(descriptor);
    const compiled: GpuKernel<Binding> = { ...kernel, pipeline };
    return compiled;
  }

  compileKernelAtOnce<Binding extends string>(source: KernelSource<Binding>): Kernel<Binding> {
    const { descriptor, kernel } = this.#describe(source);
    const pipeline = this.#device.createComputePipeline(descriptor);
    const compiled: GpuKernel<Binding> = { ...kernel, pipeline };
    return compiled;
  }

  #describe<Binding extends string>(
    source: KernelSource<Binding>,
  ): {
    descriptor: GPUComputePipelineDescriptor;
    kernel: Omit<GpuKernel<Binding>, "pipeline">;
  } {
    const { label } = source;
    const device = this.#device;
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

  bindKernel<Binding extends string>(
    kernel: Kernel<Binding>,
    buffers: Readonly<Record<Binding, DeviceBuffer>>,
  ): BoundKernel {
    const { label, layout, pipeline, bindings } = kernel as GpuKernel<Binding>;
    const bindGroup = this.#device.createBindGroup({
      label,
      layout,
      entries: bindings.map((name, binding) => ({
        binding,
        resource: { buffer: buffers[name] as GPUBuffer },
      })),
    });
    const bound: GpuBoundKernel = { label, pipeline, bindGroup };
    return bound;
  }

  submit<T>(record: (encoder: CommandEncoder) => T): T {
    const encoder = this.#device.createCommandEncoder();
    const result = record(new GpuCommandEncoder(encoder));
    this.#device.queue.submit([encoder.finish()]);
    return result;
  }

  onUncapturedError(listener: (error: { readonly message: string }) => void): void {
    this.#device.addEventListener("uncapturederror", ({ error }) => {
      listener(error);
    });
  }

  pushErrorScope(filter: "out-of-memory" | "validation"): void {
    this.#device.pushErrorScope(filter);
  }

  popErrorScope(): Promise<{ readonly message: string } | null> {
    return this.#device.popErrorScope();
  }

  destroy(): void {
    this.#device.destroy();
  }
}

class GpuCommandEncoder implements CommandEncoder {
  readonly #encoder: GPUCommandEncoder;

  constructor(encoder: GPUCommandEncoder) {
    this.#encoder = encoder;
  }

  copyBufferToBuffer(
    ...[source, sourceOffset, target, targetOffset, size]: Parameters<
      CommandEncoder["copyBufferToBuffer"]
    >
  ): void {
    const [from, to] = [source as GPUBuffer, target as GPUBuffer];
    this.#encoder.copyBufferToBuffer(from, sourceOffset, to, targetOffset, size);
  }

  clearBuffer(buffer: DeviceBuffer, offset?: number, size?: number): void {
    this.#encoder.clearBuffer(buffer as GPUBuffer, offset, size);
  }

  dispatch(kernels: readonly { bound: BoundKernel; grid: Grid }[]): void {
    const pass = this.#encoder.beginComputePass();
    for (const { bound, grid } of kernels) {
      const { pipeline, bindGroup } = bound as GpuBoundKernel;
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...grid);
    }
    pass.end();
  }
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

const BUFFER_TYPES: Record<BindingKind, GPUBufferBindingType> = {
  read: "read-only-storage",
  write: "storage",
  uniform: "uniform",
};

function usageOf(use: BufferUse): number {
  const { STORAGE, UNIFORM, MAP_READ, COPY_DST, COPY_SRC } = GPUBufferUsage;
  switch (use) {
    case "storage":
      return STORAGE | COPY_DST | COPY_SRC;
    case "uniform":
      return UNIFORM | COPY_DST;
    case "staging":
      return MAP_READ | COPY_DST;
  }
}
