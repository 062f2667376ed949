/** Figures that describe a series of timings, in milliseconds. */
export interface SampleSummary {
  count: number;
  minMs: number;
  medianMs: number;
  maxMs: number;
  /** (max − min) / median: how far the machine drifted while measuring. */
  spread: number;
}

/** Summarizes a series of at least one timing. */
export function summarize(samplesMs: readonly number[]): SampleSummary {
  const minMs = Math.min(...samplesMs);
  const maxMs = Math.max(...samplesMs);
  const medianMs = median(samplesMs);
  return { count: samplesMs.length, minMs, medianMs, maxMs, spread: (maxMs - minMs) / medianMs };
}

/** The middle value, or the mean of the two middle ones; NaN if there are no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (Number.isInteger(middle)) return ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
  return sorted[Math.floor(middle)] ?? NaN;
}

export interface MeasureOptions {
  rounds: number;
  /** Rounds that are run first and not counted, in which pipelines compile and caches fill. */
  warmups?: number;
  now?: () => number;
}

/**
 * Times several candidates side by side. Every round runs each of them once, and every other round in reverse
 * order. So a machine that gets slower meanwhile slows all of them alike, and none always follows the same other
 * one.
 */
export async function measureInTurns<Name extends string>(
  candidates: Readonly<Record<Name, () => unknown>>,
  { rounds, warmups = 1, now = () => performance.now() }: MeasureOptions,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(candidates) as Name[];
  const none = names.map((name): [Name, number[]] => [name, []]);
  const samplesMs = Object.fromEntries(none) as Record<Name, number[]>;
  for (let round = -warmups; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const startMs = now();
      await candidates[name]();
      if (round >= 0) samplesMs[name].push(now() - startMs);
    }
  }
  return samplesMs;
}

/** How many times as long `slowMs` took as `fastMs`: the median of the ratios within each round. */
export function medianRatio(slowMs: readonly number[], fastMs: readonly number[]): number {
  return median(slowMs.map((ms, round) => ms / (fastMs[round] ?? NaN)));
}
