import type { EvaluatedRow } from "../../src/evaluation/any-model/evaluation.ts";

const keyOf = ({ model, kind, text, scheme }: EvaluatedRow): string =>
  JSON.stringify([model, kind, text, scheme]);

/** All rows, where those of the same model, text and scheme are replaced by the later ones, at their place. */
export function mergedRows(
  before: readonly EvaluatedRow[],
  later: readonly EvaluatedRow[],
): EvaluatedRow[] {
  const rows = new Map(before.map((row) => [keyOf(row), row]));
  for (const row of later) rows.set(keyOf(row), row);
  return [...rows.values()];
}
