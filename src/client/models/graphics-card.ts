/** The part of WebGPU that is used here. */
interface Adapters {
  requestAdapter(
    options: GPURequestAdapterOptions,
  ): Promise<{ readonly info: Pick<GPUAdapterInfo, "isFallbackAdapter"> } | null>;
}

/** How long the answer is waited for. */
const LIMIT_MS = 2000;

/**
 * Whether the browser offers a graphics card, and no software in its place. Where it does, the engine takes it unless
 * the person has chosen otherwise. The page asks by itself, because that needs no worker, and no device.
 */
export async function hasGraphicsCard(
  api = (navigator as { readonly gpu?: Adapters }).gpu,
): Promise<boolean> {
  const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), LIMIT_MS));
  const asked = api?.requestAdapter({ powerPreference: "high-performance" }).then(
    (adapter) => adapter !== null && !adapter.info.isFallbackAdapter,
    () => false,
  );
  return Promise.race([asked ?? false, late]);
}
