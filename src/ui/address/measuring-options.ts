import type { Client } from "../../client/hooks/client-context.ts";
import { COMPARED_FORMS, type ComparedForm } from "../../protocol/engine-measuring.ts";
import { type RestorationScheme, RESTORATION_SCHEMES } from "../../protocol/restoration.ts";
import { isQualityLevel, type QualityLevel } from "../../protocol/quality.ts";
import type { ReadThrottle } from "../../protocol/store-api.ts";
import { isBetween, numberOption } from "./number-option.ts";

/**
 * What the address may ask of a build for measuring. The build that is shipped has none of it: a link must not
 * make the page slow, nor store a conversation in another way than its reader chose.
 */
export interface MeasuringOptions {
  /** Instead of what was chosen, for all conversations or for one. */
  quality?: QualityLevel;
  /** For comparing ways to restore, and on slower devices than there is: see e2e/perf. */
  restore?: RestorationScheme;
  storedAs?: ComparedForm;
  readThrottle?: ReadThrottle;
  /** How many times as long the GPU is to take for a prompt. */
  gpuSlowdown?: number;
  /** GPU memory for conversations that are not on screen. */
  keepOnGpuBytes?: number;
}

/**
 * `?quality=`, `?restore=`, `?storedAs=`, `?readMBps=`, `?readLatencyMs=`, `?gpuSlowdown=` and `?keepOnGpu=` (in
 * MiB). A value that makes no sense is as if absent.
 */
export function parseMeasuringOptions(pageUrl: string): MeasuringOptions {
  const query = new URL(pageUrl).searchParams;
  const quality = query.get("quality");
  const restore = query.get("restore");
  const storedAs = query.get("storedAs");
  const readMBps = numberOption(query, "readMBps", isPositive);
  const latencyMs = numberOption(query, "readLatencyMs", isNotNegative) ?? 0;
  const gpuSlowdown = numberOption(query, "gpuSlowdown", isFactor);
  const keepOnGpuMib = numberOption(query, "keepOnGpu", isNotNegative);
  return {
    ...(isQualityLevel(quality) && { quality }),
    ...(isScheme(restore) && { restore }),
    ...(isComparedForm(storedAs) && { storedAs }),
    ...(readMBps !== undefined && { readThrottle: { bytesPerMs: readMBps * 1000, latencyMs } }),
    ...(gpuSlowdown !== undefined && { gpuSlowdown }),
    ...(keepOnGpuMib !== undefined && { keepOnGpuBytes: keepOnGpuMib * 2 ** 20 }),
  };
}

/** Has the workers be as slow, keep as little, and restore and store in the way that is asked for. */
export function measureWith({ engine, store }: Client, options: MeasuringOptions): void {
  const { gpuSlowdown, keepOnGpuBytes, readThrottle, restore, storedAs } = options;
  if (gpuSlowdown) void engine.measureWith("throttleGpu", (api) => api.throttleGpu?.(gpuSlowdown));
  if (keepOnGpuBytes !== undefined)
    void engine.measureWith("keepOnGpu", (api) => api.keepOnGpu?.(keepOnGpuBytes));
  if (restore) void engine.measureWith("forceScheme", (api) => api.forceScheme?.(restore));
  if (storedAs) void engine.measureWith("forceForm", (api) => api.forceForm?.(storedAs));
  if (readThrottle) void store.throttleReads(readThrottle);
}

const isComparedForm = (name: string | null): name is ComparedForm =>
  COMPARED_FORMS.some((form) => form === name);

const isScheme = (name: string | null): name is RestorationScheme =>
  RESTORATION_SCHEMES.some((scheme) => scheme === name);

const isPositive = isBetween(Number.MIN_VALUE, Number.MAX_VALUE);
const isNotNegative = isBetween(0, Number.MAX_VALUE);
const isFactor = isBetween(1, Number.MAX_VALUE);
