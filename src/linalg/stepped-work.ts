/** @file Long computations in small steps, so that the worker they run in stays free for everything else. */

/** A computation that stops after every millisecond or so, and may be left off there. */
export type Work<Result> = Generator<undefined, Result, undefined>;

/** All of it at once. */
export function finish<Result>(work: Work<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

export interface Slices {
  /** Work without a pause lasts so long, and one step more. */
  sliceMs?: number;
  signal?: AbortSignal | undefined;
}

/**
 * A slice at a time; what else waits for the thread runs in between.
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
