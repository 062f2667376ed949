import type { AdapterDescription, Hardware } from "../device/device.ts";
import { EngineError } from "../shared/engine-error.ts";
import { WebGpuDevice } from "./webgpu-device.ts";

/**
 * Ask the browser for a GPU device.
 *
 * The device gets the adapter's own limits for the two buffer sizes, because the defaults (256 MiB and 128 MiB)
 * are smaller than one embedding table. It gets `subgroups` and `timestamp-query` where the adapter has them.
 *
 * @param isSoftwareGood whether an adapter may be software that runs on the CPU
 * @throws EngineError `webgpu-unavailable` if there is no API or no adapter
 */
export async function requestGpu({ isSoftwareGood = true } = {}): Promise<Hardware> {
  // The type says that it is always present, but insecure contexts and older browsers do not have it.
  const api = navigator.gpu as GPU | undefined;
  if (!api) throw new EngineError({ code: "webgpu-unavailable", reason: "no-api" });
  const adapter = await api.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter || (adapter.info.isFallbackAdapter && !isSoftwareGood))
    throw new EngineError({ code: "webgpu-unavailable", reason: "no-adapter" });
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const wanted = ["subgroups", "timestamp-query"] as const;
  const device = await adapter.requestDevice({
    label: "engine",
    requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
  return { device: new WebGpuDevice(device), adapter: describe(adapter, device), kind: "gpu" };
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
