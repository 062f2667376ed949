/** Looks follow each other at once. A longer gap between two of them is one in which no thread ran: the machine slept. */
const LONGEST_GAP_MS = 1000;

/** How long others have been silent, by the clock, at a look that is `gapMs` later than the one before. */
export const silenceAfter = (silentMs: number, gapMs: number): number =>
  silentMs + Math.min(gapMs, LONGEST_GAP_MS);
