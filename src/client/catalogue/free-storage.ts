interface Storage {
  estimate(): Promise<{ quota?: number; usage?: number }>;
}

/** What a download leaves free for whatever else the page stores. */
const SPARE_BYTES = 100e6;

/**
 * Bytes that a download may still take; undefined where the browser does not say.
 *
 * @param reservedBytes what conversations may yet take of the browser's storage
 */
export async function freeStorage(
  reservedBytes: number,
  storage = (navigator as { readonly storage?: Storage }).storage,
): Promise<number | undefined> {
  try {
    const { quota, usage } = (await storage?.estimate()) ?? {};
    if (quota === undefined || usage === undefined) return undefined;
    return Math.max(0, quota - usage - reservedBytes - SPARE_BYTES);
  } catch {
    // Storage is blocked. Whatever is tried says so itself.
    return undefined;
  }
}
