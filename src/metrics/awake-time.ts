/** A gap that is shorter than this is never taken for sleep. */
const LEAST_SLEEP_MS = 3000;
/** How many times as long as the usual gap one is that the machine has slept through. */
const SLEEP_FACTOR = 10;

/**
 * Adds up the gaps between the tokens of an answer without those in which the machine slept: then timers stand still,
 * and the clock may not. A worker is told nothing of sleep, so the gaps themselves have to tell it.
 *
 * AT1 A gap counts as it is if it is shorter than three seconds, or than ten times the mean of those before it.
 * AT2 Any other gap counts as the mean of those before it.
 * AT3 The first gap has none before it, and counts as it is.
 */
export class AwakeTime {
  #lastMs: number | undefined;
  #gaps = 0;
  #sumMs = 0;

  /** Something happened at this time, in the order of time. */
  mark(nowMs: number): void {
    if (this.#lastMs !== undefined) this.#add(nowMs - this.#lastMs);
    this.#lastMs = nowMs;
  }

  /** What comes before the next mark does not count. */
  pause(): void {
    this.#lastMs = undefined;
  }

  /** Time from the first mark to the last one, without sleep. */
  get ms(): number {
    return this.#sumMs;
  }

  #add(gapMs: number): void {
    const usualMs = this.#gaps === 0 ? gapMs : this.#sumMs / this.#gaps;
    const hasSlept = gapMs >= LEAST_SLEEP_MS && gapMs >= SLEEP_FACTOR * usualMs;
    this.#sumMs += hasSlept ? usualMs : gapMs;
    this.#gaps++;
  }
}
