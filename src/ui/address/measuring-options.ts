import type { Client } from "../../client/hooks/client-context.ts";
import { COMPARED_FORMS, type ComparedForm } from "../../protocol/engine-measuring.ts";
import { type RestorationScheme, RESTORATION_SCHEMES } from "../../protocol/restoration.ts";
import { isQualityLevel, type QualityLevel } from "../../protocol/quality.ts";
import type { ReadThrottle } from "../../protocol/store-api.ts";
import { isBetween, numberOption } from "./number-option.ts";

/**
 * What the page's address may ask of a build for measuring. The build that is shipped knows none of these options: a
 * link must not make the page slow, nor store a conversation in another way than its reader chose.
 */
export interface MeasuringOptions {
  /** The level of quality of all conversations, in place of what was chosen for all or for one. */
  quality?: QualityLevel;
  /** How conversations are restored, for comparing the ways to do so: see e2e/perf. */
  restore?: RestorationScheme;
  /** The form in which rows are stored, in place of the one that the level of quality would choose. */
  storedAs?: ComparedForm;
  /** The disk to read KV as slowly as, for measuring restoration on slower devices. */
  readThrottle?: ReadThrottle;
  /** How many times as long the GPU takes for a prompt. */
  gpuSlowdown?: number;
  /** Bytes of GPU memory for conversations that are not on screen. */
  keepOnGpuBytes?: number;
}

/**
 * Reads `?quality=`, `?restore=`, `?storedAs=`, `?readMBps=`, `?readLatencyMs=`, `?gpuSlowdown=` and `?keepOnGpu=`
 * (in MiB) from the page's address. A value that makes no sense counts as absent.
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

/** Makes the workers as slow as the options ask for, and has them keep, restore and store KV in that way. */
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
