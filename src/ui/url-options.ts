import type {
  ModelReference,
  QualityLevel,
  RestorationScheme,
  SamplingOptions,
} from "../protocol/engine-api.ts";
import { isQualityLevel } from "../protocol/quality.ts";
import type { ReadThrottle } from "../protocol/store-api.ts";

const EMBEDDED_MODEL = "models/pip-4.7m/mlc-q0f16/";

export interface UrlOptions {
  model: ModelReference;
  sampling: SamplingOptions;
  /** Instead of what was chosen, for all conversations or for one. */
  quality?: QualityLevel;
  /** For comparing ways to restore, and on slower disks than there is: see e2e/perf. */
  restore?: RestorationScheme;
  readThrottle?: ReadThrottle;
}

const SCHEMES: readonly RestorationScheme[] = ["auto", "recompute", "load", "cake"];

/**
 * What the page's address asks for: `?model=`, `?temperature=`, `?seed=`, `?maxTokens=`,
 * `?quality=`, and for measuring `?restore=`, `?readMBps=`, `?readLatencyMs=`.
 *
 * A relative model address is relative to the page. A value that makes no sense is as if absent.
 */
export function parseUrlOptions(pageUrl: string): UrlOptions {
  const query = new URL(pageUrl).searchParams;
  const temperature = numberIn(query, "temperature", isNotNegative);
  const seed = numberIn(query, "seed", Number.isInteger);
  const quality = query.get("quality");
  const maxTokens = numberIn(query, "maxTokens", isPositiveInteger);
  const restore = SCHEMES.find((scheme) => scheme === query.get("restore"));
  const readMBps = numberIn(query, "readMBps", isPositive);
  const latencyMs = numberIn(query, "readLatencyMs", isNotNegative) ?? 0;
  return {
    model: { url: modelUrl(query.get("model"), pageUrl) },
    sampling: {
      ...(temperature !== undefined && { temperature }),
      ...(seed !== undefined && { seed }),
      ...(maxTokens !== undefined && { maxTokens }),
    },
    ...(isQualityLevel(quality) && { quality }),
    ...(restore && { restore }),
    ...(readMBps !== undefined && { readThrottle: { bytesPerMs: readMBps * 1000, latencyMs } }),
  };
}

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
const isPositiveInteger = (value: number) => Number.isInteger(value) && value > 0;
