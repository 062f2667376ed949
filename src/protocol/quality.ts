/**
 * What a conversation's KV may be stored as. `exact`: as it is, so that a resumed conversation goes on
 * bit for bit. `balanced` and `compact`: in fewer bytes, as far as what the model says next stays within
 * the level's budget.
 */
export type QualityLevel = "exact" | "balanced" | "compact";

/** The levels at which rows are stored in fewer bytes than they have. */
export type LossyLevel = Exclude<QualityLevel, "exact">;

/** From most bytes to fewest, which is also from the best rows to the worst. */
export const QUALITY_LEVELS: readonly QualityLevel[] = ["exact", "balanced", "compact"];

/** The level of a conversation for which nobody chose one. */
export const DEFAULT_QUALITY: QualityLevel = "balanced";

/** Checks what comes from outside: a disk that a later version wrote, or an address. */
export const isQualityLevel = (value: unknown): value is QualityLevel =>
  QUALITY_LEVELS.some((level) => level === value);
