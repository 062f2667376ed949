import { loadedBytes, adapterKey } from "./loaded-before.ts";
import { isDiscreteCard, memoryBudget, platformOf } from "./memory-budget.ts";
import type { GpuProfile } from "./fit.ts";

/** What is read of a graphics card. No device is made, and nothing is allocated. */
interface Adapter {
  readonly features: Iterable<string>;
  readonly limits: Pick<
    GPUSupportedLimits,
    | "maxBufferSize"
    | "maxStorageBufferBindingSize"
    | "maxComputeWorkgroupStorageSize"
    | "maxStorageBuffersPerShaderStage"
  >;
  readonly info: Pick<GPUAdapterInfo, "vendor" | "architecture" | "description">;
}

interface Surroundings {
  gpu?: { requestAdapter(options: GPURequestAdapterOptions): Promise<Adapter | null> } | undefined;
  userAgent: string;
  maxTouchPoints: number;
  deviceMemory?: number | undefined;
}

/** What the graphics card can do, as the browser tells it; undefined where it offers none. */
export async function readCard(
  surroundings = navigator as unknown as Surroundings,
): Promise<GpuProfile | undefined> {
  const { gpu, deviceMemory } = surroundings;
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return undefined;
  const { features, limits, info } = adapter;
  return {
    on: "gpu",
    features: new Set(features),
    maxBufferBytes: Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize),
    workgroupBytes: limits.maxComputeWorkgroupStorageSize,
    storageBuffers: limits.maxStorageBuffersPerShaderStage,
    budget: memoryBudget({
      platform: platformOf(surroundings),
      isDiscrete: isDiscreteCard(info),
      loadedBytes: loadedBytes(adapterKey(info)),
      memoryGiB: typeof deviceMemory === "number" ? deviceMemory : undefined,
    }),
  };
}
