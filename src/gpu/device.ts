import { EngineError } from "../shared/engine-error.ts";

/** What we know of the adapter, and what kernels are chosen by. */
export interface AdapterDescription {
  vendor: string;
  architecture: string;
  description: string;
  /** A CPU pretending to be a GPU (SwiftShader, WARP): other kernels are fast there. */
  software: boolean;
  /** Smallest number of lanes a subgroup may have; 0 when the device has no subgroups. */
  subgroupLanes: number;
}

export interface Gpu {
  device: GPUDevice;
  adapter: AdapterDescription;
}

/** One line for reports and the page, such as "google swiftshader". */
export function adapterName({ vendor, architecture, description }: AdapterDescription): string {
  return [vendor, architecture, description].filter((part) => part !== "").join(" ") || "unknown";
}

/**
 * Ask the browser for a GPU device.
 *
 * Takes the adapter's own limits for the two buffer sizes: the defaults (256 MiB, 128 MiB) are
 * smaller than one embedding table. Takes `subgroups` and `timestamp-query` where there are any.
 *
 * @throws EngineError `webgpu-unavailable` when there is no API or no adapter.
 */
export async function requestGpu(): Promise<Gpu> {
  // Typed as always present, but absent in insecure contexts and older browsers.
  const api = navigator.gpu as GPU | undefined;
  if (!api) throw new EngineError({ code: "webgpu-unavailable", reason: "no-api" });
  const adapter = await api.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new EngineError({ code: "webgpu-unavailable", reason: "no-adapter" });

  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const wanted = ["subgroups", "timestamp-query"] as const;
  const device = await adapter.requestDevice({
    label: "engine",
    requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
  return { device, adapter: describe(adapter, device) };
}

function describe({ info }: GPUAdapter, device: GPUDevice): AdapterDescription {
  return {
    vendor: info.vendor,
    architecture: info.architecture,
    description: info.description,
    software: info.isFallbackAdapter,
    subgroupLanes: device.features.has("subgroups") ? (info.subgroupMinSize ?? 0) : 0,
  };
}
