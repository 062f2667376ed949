import type { ReadThrottle } from "../../protocol/store-api.ts";
import type { ValueBytes } from "./value-bytes.ts";

/** Bytes whose reads can be slowed down. */
export interface ThrottledBytes {
  bytes: ValueBytes;
  /** From now on, a read takes at least as long as on a disk of this speed. */
  throttle: (throttle: ReadThrottle) => void;
}

/** Makes reads of `bytes` slower on demand, for measuring what restoring costs on a slow disk. */
export function throttledBytes(bytes: ValueBytes): ThrottledBytes {
  let throttle: ReadThrottle | undefined;
  let freeAtMs = 0;
  return {
    throttle: (wanted) => (throttle = wanted),
    bytes: {
      ...bytes,
      async load(stored) {
        const arrivedMs = performance.now();
        const loaded = await bytes.load(stored);
        if (!throttle) return loaded;
        const { bytesPerMs, latencyMs } = throttle;
        freeAtMs = Math.max(freeAtMs, arrivedMs + latencyMs) + (loaded?.length ?? 0) / bytesPerMs;
        const waitMs = freeAtMs - performance.now();
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        return loaded;
      },
    },
  };
}
