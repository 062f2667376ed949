import type { QualityLevel } from "./engine-api.ts";

/** From most bytes to fewest. */
export const QUALITY_LEVELS: readonly QualityLevel[] = ["exact", "balanced", "compact"];

/** Where nobody chose. */
export const DEFAULT_QUALITY: QualityLevel = "balanced";

/** Of what comes from outside: a disk that a later version wrote, an address. */
export const isQualityLevel = (value: unknown): value is QualityLevel =>
  QUALITY_LEVELS.some((level) => level === value);
