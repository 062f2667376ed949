import type { RestorationScheme } from "../../protocol/restoration.ts";
import type { LoadedValues } from "./account/loaded-values.ts";
import type { ReadPace } from "./account/read-pace.ts";
import type { RestorationAccount } from "./account/restoration-account.ts";
import type { RestorationProgress } from "./restoration-progress.ts";

/** Under `auto`, computing helps when loading takes longer than `factor` times the prediction, and `ms` more. */
const LATE = { factor: 1.5, ms: 50 };

/** How far a restoration has come while its values are still read. */
interface Reading {
  progress: RestorationProgress;
  account: RestorationAccount;
  values: LoadedValues;
}

/** Whether more may be computed than the plan says, while values are still read. */
export function mayGoBeyondPlan(
  scheme: RestorationScheme,
  model: Parameters<ReadPace["computeMs"]>[0],
  { progress, account: { startMs, pace }, values }: Reading,
): boolean {
  if (scheme !== "auto") return scheme === "cake";
  const { recompute, prediction } = progress.plan;
  const lateMs = LATE.ms + LATE.factor * prediction.makespanMs;
  if (recompute.length === 0 && performance.now() - startMs < lateMs) return false;
  return pace.remainingMs(progress.missingBytes(values)) > pace.computeMs(model);
}
