/** @file Long computations in small steps, so that the worker they run in stays free for everything else. */

/** A computation that pauses about every millisecond, and may be given up there. */
export type Work<Result> = Generator<undefined, Result, undefined>;

/** Does all of the work at once. */
export function finish<Result>(work: Work<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

export interface Slices {
  /** How long work goes on without a pause, but for the step that is under way then. */
  sliceMs?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Does the work in slices. Whatever else waits for the thread runs in between.
 *
 * @returns undefined when aborted
 */
export async function finishInSlices<Result>(
  work: Work<Result>,
  { sliceMs = 6, signal }: Slices = {},
): Promise<Result | undefined> {
  for (;;) {
    if (signal?.aborted) return undefined;
    const start = performance.now();
    do {
      const step = work.next();
      if (step.done) return step.value;
    } while (performance.now() - start < sliceMs);
    await new Promise<void>((resolve) => setTimeout(resolve));
  }
}
