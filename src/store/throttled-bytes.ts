import type { ValueBytes } from "./value-bytes.ts";

/** A slower disk than there is. */
export interface ReadThrottle {
  /** Of all reads together. */
  bytesPerMs: number;
  /** Of each read; several wait at the same time. */
  latencyMs: number;
}

/** Reads take at least as long as the throttle says. For measuring what restoring is worth on slow disks. */
export function throttledBytes(
  bytes: ValueBytes,
  { bytesPerMs, latencyMs }: ReadThrottle,
): ValueBytes {
  let freeAtMs = 0;
  return {
    ...bytes,
    async load(stored) {
      const arrivedMs = performance.now() + latencyMs;
      const loaded = await bytes.load(stored);
      freeAtMs = Math.max(freeAtMs, arrivedMs) + (loaded?.length ?? 0) / bytesPerMs;
      const waitMs = freeAtMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      return loaded;
    },
  };
}
