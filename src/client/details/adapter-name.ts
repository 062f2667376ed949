/** A driver that hangs never answers. */
const PATIENCE_MS = 1000;

/** Vendor, architecture and description of the graphics card, as the browser tells them; undefined where there is none. */
export async function adapterName(
  { gpu } = navigator as { readonly gpu?: Pick<GPU, "requestAdapter"> },
): Promise<string | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS));
  const adapter = await Promise.race([gpu?.requestAdapter().catch(() => undefined), late]);
  if (!adapter) return undefined;
  const { vendor, architecture, description } = adapter.info;
  return [vendor, architecture, description].filter(Boolean).join(" ");
}
