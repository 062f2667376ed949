import {
  COMPARED_FORMS,
  type ComparedForm,
  type ModelReference,
  type QualityLevel,
  type RestorationScheme,
  type SamplingOptions,
} from "../protocol/engine-api.ts";
import { isQualityLevel } from "../protocol/quality.ts";
import type { ReadThrottle } from "../protocol/store-api.ts";

const EMBEDDED_MODEL = "models/pip-4.7m/mlc-q0f16/";

export interface UrlOptions {
  model: ModelReference;
  sampling: SamplingOptions;
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

/** A record, so that none can be forgotten. */
const SCHEMES: Readonly<Record<RestorationScheme, true>> = {
  auto: true,
  recompute: true,
  load: true,
  split: true,
  cake: true,
  layerwise: true,
  krul: true,
};

/**
 * What the page's address asks for: `?model=`, `?temperature=`, `?seed=`, `?maxTokens=`, `?quality=`,
 * and for measuring `?restore=`, `?storedAs=`, `?readMBps=`, `?readLatencyMs=`, `?gpuSlowdown=`,
 * `?keepOnGpu=` (in MiB).
 *
 * A relative model address is relative to the page. A value that makes no sense is as if absent.
 */
export function parseUrlOptions(pageUrl: string): UrlOptions {
  const query = new URL(pageUrl).searchParams;
  const temperature = numberIn(query, "temperature", isNotNegative);
  const seed = numberIn(query, "seed", Number.isInteger);
  const quality = query.get("quality");
  const maxTokens = numberIn(query, "maxTokens", isPositiveInteger);
  return {
    model: { url: modelUrl(query.get("model"), pageUrl) },
    sampling: {
      ...(temperature !== undefined && { temperature }),
      ...(seed !== undefined && { seed }),
      ...(maxTokens !== undefined && { maxTokens }),
    },
    ...(isQualityLevel(quality) && { quality }),
    ...measuringOptions(query),
  };
}

type MeasuringOptions = Pick<
  UrlOptions,
  "restore" | "storedAs" | "readThrottle" | "gpuSlowdown" | "keepOnGpuBytes"
>;

function measuringOptions(query: URLSearchParams): MeasuringOptions {
  const restore = query.get("restore");
  const storedAs = query.get("storedAs");
  const readMBps = numberIn(query, "readMBps", isPositive);
  const latencyMs = numberIn(query, "readLatencyMs", isNotNegative) ?? 0;
  const gpuSlowdown = numberIn(query, "gpuSlowdown", isFactor);
  const keepOnGpuMib = numberIn(query, "keepOnGpu", isNotNegative);
  return {
    ...(isScheme(restore) && { restore }),
    ...(isComparedForm(storedAs) && { storedAs }),
    ...(readMBps !== undefined && { readThrottle: { bytesPerMs: readMBps * 1000, latencyMs } }),
    ...(gpuSlowdown !== undefined && { gpuSlowdown }),
    ...(keepOnGpuMib !== undefined && { keepOnGpuBytes: keepOnGpuMib * 2 ** 20 }),
  };
}

const isComparedForm = (name: string | null): name is ComparedForm =>
  COMPARED_FORMS.some((form) => form === name);

const isScheme = (name: string | null): name is RestorationScheme =>
  name !== null && Object.hasOwn(SCHEMES, name);

function modelUrl(asked: string | null, pageUrl: string): string {
  const wanted = asked !== null && isHttp(asked, pageUrl) ? asked : EMBEDDED_MODEL;
  return new URL(wanted.endsWith("/") ? wanted : `${wanted}/`, pageUrl).href;
}

function isHttp(address: string, pageUrl: string): boolean {
  const isReadable = address !== "" && URL.canParse(address, pageUrl);
  return isReadable && /^https?:$/.test(new URL(address, pageUrl).protocol);
}

function numberIn(
  query: URLSearchParams,
  name: string,
  isValid: (value: number) => boolean,
): number | undefined {
  const text = query.get(name)?.trim() ?? "";
  const value = Number(text);
  return text !== "" && isValid(value) ? value : undefined;
}

const isNotNegative = (value: number) => Number.isFinite(value) && value >= 0;
const isPositive = (value: number) => Number.isFinite(value) && value > 0;
const isFactor = (value: number) => Number.isFinite(value) && value >= 1;
const isPositiveInteger = (value: number) => Number.isInteger(value) && value > 0;
