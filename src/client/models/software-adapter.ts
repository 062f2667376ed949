/** The part of WebGPU that is used here. */
interface Adapters {
  requestAdapter(
    options: GPURequestAdapterOptions,
  ): Promise<{ readonly info: Pick<GPUAdapterInfo, "isFallbackAdapter"> } | null>;
}

/** How long the answer is waited for. Then the model that is quick everywhere is taken. */
const LIMIT_MS = 2000;

/**
 * Whether models run on the CPU, as WebGPU's adapter is software or missing. It is the adapter that the engine takes
 * (src/gpu/request-gpu.ts). The page asks by itself, because that needs no worker, and no device.
 */
export async function isSoftwareAdapter(
  api = (navigator as { readonly gpu?: Adapters }).gpu,
): Promise<boolean> {
  const late = new Promise<true>((resolve) => setTimeout(() => resolve(true), LIMIT_MS));
  const asked = api?.requestAdapter({ powerPreference: "high-performance" }).then(
    (adapter) => adapter?.info.isFallbackAdapter ?? true,
    () => true,
  );
  return Promise.race([asked ?? true, late]);
}
