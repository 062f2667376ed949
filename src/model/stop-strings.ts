/**
 * Ends a reply before the first stop string in it, while the reply arrives in pieces.
 *
 * The reply ends where a stop string is first complete. If several are complete there, the one that begins first
 * counts. How the text was cut into pieces makes no difference.
 */
export class StopStrings {
  readonly #stops: readonly string[];
  /** The end of the text so far, if a stop string may begin in it. */
  #held = "";
  #stopped = false;

  /** @param stops the stop strings; empty ones are ignored */
  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== "");
  }

  /**
   * Takes the next piece, and returns as much of the text so far as can no longer be part of a stop string. After a
   * stop it returns nothing.
   */
  push(text: string): { emit: string; stopped: boolean } {
    if (this.#stopped) return { emit: "", stopped: true };
    const pending = this.#held + text;
    const start = firstMatch(pending, this.#stops);
    this.#stopped = start !== undefined;
    const end = start ?? pending.length - heldLength(pending, this.#stops);
    this.#held = this.#stopped ? "" : pending.slice(end);
    return { emit: pending.slice(0, end), stopped: this.#stopped };
  }

  /** Returns the text that was held back, when the reply ends by itself. */
  flush(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }
}

/** The position at which the stop string begins that is complete first. */
function firstMatch(text: string, stops: readonly string[]): number | undefined {
  let first: { start: number; end: number } | undefined;
  for (const stop of stops) {
    const start = text.indexOf(stop);
    const end = start + stop.length;
    if (start < 0) continue;
    if (!first || end < first.end || (end === first.end && start < first.start)) {
      first = { start, end };
    }
  }
  return first?.start;
}

/** The length of the longest end of `text` with which a stop string begins. */
function heldLength(text: string, stops: readonly string[]): number {
  return Math.max(0, ...stops.map((stop) => overlap(text, stop)));
}

function overlap(text: string, stop: string): number {
  for (let length = Math.min(stop.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
