/** @file How small conversations become at a level's budget, on a straight line between the two steps around it. */

import type { EvaluatedRow } from "../../src/evaluation/any-model/evaluation.ts";
import { TEXT_KINDS } from "../../src/evaluation/any-model/text-kinds.ts";

/** The mean KL that each level allows, in nats, as `QUALITY_BUDGETS` has it. A script cannot load that: it has kernels. */
export const BUDGETS = { balanced: 0.005, compact: 0.02 } as const;

/** What a step comes to: the whole conversation's bytes below f16, and KL in nats. */
interface StepPoint {
  whole: number;
  meanKl: number;
  decodeMultiplications: number;
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The same way of coding at several steps, by its name without them. */
function curvesOf(rows: readonly EvaluatedRow[]): Map<string, EvaluatedRow[][]> {
  const curves = new Map<string, Map<string, EvaluatedRow[]>>();
  for (const row of rows) {
    const [, family, step] = /^(.*), step (\d+)$/.exec(row.scheme) ?? [];
    if (family === undefined || step === undefined) continue;
    const steps = curves.get(family) ?? new Map<string, EvaluatedRow[]>();
    steps.set(step, [...(steps.get(step) ?? []), row]);
    curves.set(family, steps);
  }
  return new Map([...curves].map(([family, steps]) => [family, [...steps.values()]]));
}

function pointOf(rows: readonly EvaluatedRow[]): StepPoint {
  const sum = (of: (row: EvaluatedRow) => number) => rows.reduce((all, row) => all + of(row), 0);
  return {
    whole: sum(({ exactBytes }) => exactBytes) / sum(({ wholeBytes }) => wholeBytes),
    meanKl: mean(rows.map(({ meanKl }) => meanKl)),
    decodeMultiplications: mean(rows.map((row) => row.decodeMultiplications)),
  };
}

/**
 * What lies at a KL between two steps, in logarithms.
 *
 * @returns undefined unless there is a step on either side
 */
export function pointAt(points: readonly StepPoint[], kl: number): StepPoint | undefined {
  const sorted = points.toSorted((a, b) => a.meanKl - b.meanKl);
  const above = sorted.findIndex(({ meanKl }) => meanKl >= kl);
  const [low, high] = [sorted[above - 1], sorted[above]];
  if (!low || !high) return undefined;
  const share = Math.log(kl / low.meanKl) / Math.log(high.meanKl / low.meanKl);
  const between = (of: (point: StepPoint) => number) => of(low) ** (1 - share) * of(high) ** share;
  return {
    meanKl: kl,
    whole: between(({ whole }) => whole),
    decodeMultiplications: between((point) => point.decodeMultiplications),
  };
}

/**
 * A line for each way of coding that was measured at several steps: whole conversations below f16 at the KL that each
 * level allows, of all texts and by kind, and the multiplications of decoding a token in millions.
 */
export function budgetLines(rows: readonly EvaluatedRow[]): {
  headings: string[];
  lines: string[][];
} {
  const kinds = TEXT_KINDS.filter((kind) => rows.some((row) => row.kind === kind));
  const headings = ["whole at KL", "level", "all", ...kinds, "multiplications, M"];
  const lines = [...curvesOf(rows)]
    .filter(([, steps]) => steps.length > 1)
    .flatMap(([family, steps]) =>
      (["balanced", "compact"] as const).flatMap((level) => {
        const kl = BUDGETS[level];
        const all = pointAt(steps.map(pointOf), kl);
        if (!all) return [];
        const ofKinds = kinds.map((kind) => {
          const own = steps.map((step) => step.filter((row) => row.kind === kind));
          const points = own.filter(({ length }) => length > 0).map(pointOf);
          return pointAt(points, kl)?.whole.toFixed(1) ?? "";
        });
        const millions = (all.decodeMultiplications / 1e6).toFixed(1);
        return [[family, `${level} (${String(kl)})`, all.whole.toFixed(1), ...ofKinds, millions]];
      }),
    );
  return { headings, lines };
}
