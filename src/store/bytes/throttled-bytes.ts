import type { ReadThrottle } from "../../protocol/store-api.ts";
import type { ValueBytes } from "./value-bytes.ts";

/** Bytes whose reads take at least as long as a throttle says, once there is one. */
export interface ThrottledBytes {
  bytes: ValueBytes;
  throttle: (throttle: ReadThrottle) => void;
}

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
