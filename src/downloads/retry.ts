/**
 * @file When a file that did not come is asked for again.
 *
 * RT1 Three tries are made, and only after failures that may go away by themselves.
 * RT2 The first wait is up to half a second, and each further one is four times as long. The second half of each wait
 *     is drawn at random, so that many pages that lost the same server do not come back to it at one moment.
 * RT3 A server that says when to come back (Retry-After, in seconds or as a date) is not asked before then.
 * RT4 Where that is later than a person would wait, no further try is made.
 */

import type { EngineFailure } from "../protocol/errors.ts";
import { EngineError } from "../shared/engine-error.ts";

const MAX_TRIES = 3;
const FIRST_DELAY_MS = 500;
const DELAY_GROWTH = 4;
const LONGEST_WAIT_MS = 30_000;

/** A failure that another try may not meet again. */
export class TransientError extends EngineError {
  constructor(
    failure: EngineFailure,
    /** The `Retry-After` header of the response; null without one. */
    readonly retryAfter: string | null = null,
    options?: ErrorOptions,
  ) {
    super(failure, options);
  }
}

/** The clock and the chance that waiting depends on. */
export interface RetryTiming {
  nowMs: () => number;
  /** A random number, uniform in [0, 1). */
  random: () => number;
  /** Settles after `ms`, or when the signal is aborted. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export const realTiming: RetryTiming = {
  nowMs: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done);
      if (signal.aborted) done();
    }),
};

interface FailedTries {
  /** Tries that were made so far: at least one. */
  tries: number;
  retryAfter: string | null;
}

/** How long to wait before the next try, in ms; undefined if there is to be none. */
export function retryDelayMs(
  { tries, retryAfter }: FailedTries,
  { nowMs, random }: Pick<RetryTiming, "nowMs" | "random">,
): number | undefined {
  if (tries >= MAX_TRIES) return undefined;
  const fullMs = FIRST_DELAY_MS * DELAY_GROWTH ** (tries - 1);
  const ownMs = (fullMs * (1 + random())) / 2;
  const askedMs = retryAfterMs(retryAfter, nowMs());
  return askedMs > LONGEST_WAIT_MS ? undefined : Math.max(ownMs, askedMs);
}

/**
 * The wait that a `Retry-After` header asks for, in ms. It is 0 for a header that is missing or unreadable, and for a
 * time that has passed.
 */
function retryAfterMs(header: string | null, nowMs: number): number {
  if (header === null) return 0;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - nowMs);
}

/**
 * Tries until an attempt succeeds, until it fails in a way that another try cannot help, or until there have been
 * enough tries.
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  signal: AbortSignal,
  timing: RetryTiming,
): Promise<T> {
  for (let tries = 1; ; tries++)
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      const delayMs = retryDelayMs({ tries, retryAfter: error.retryAfter }, timing);
      if (delayMs === undefined) throw error;
      await timing.sleep(delayMs, signal);
      if (signal.aborted) throw new EngineError({ code: "cancelled" });
    }
}
