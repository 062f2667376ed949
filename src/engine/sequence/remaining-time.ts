interface WorkSoFar {
  elapsedMs: number;
  /** What the part that is done was predicted to take. */
  doneMs: number;
  /** What the part that is left is predicted to take. */
  leftMs: number;
}

/** How far off a prediction may be taken to be: what begins slowly, such as a first step, says little of the rest. */
const MOST_OFF = 8;

/** How long the rest takes: as predicted, as many times longer or shorter as what is done took. */
export function remainingMs({ elapsedMs, doneMs, leftMs }: WorkSoFar): number {
  const off = doneMs > 0 ? elapsedMs / doneMs : 1;
  return leftMs * Math.min(MOST_OFF, Math.max(1 / MOST_OFF, off));
}
