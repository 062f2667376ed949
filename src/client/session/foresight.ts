/** Begins what an event announces, one event at a time. */
export class Foresight {
  #foreseen: { name: string; isBegun: boolean; stop: AbortController } | undefined;

  /**
   * Begin when the event has been foreseen for `restMs`, instead of what another one began. What has
   * begun for this one goes on.
   *
   * @param work its signal is aborted when the event is no longer foreseen. Must not reject
   */
  begin(name: string, restMs: number, work: (signal: AbortSignal) => Promise<void>): void {
    const before = this.#foreseen;
    if (before?.name === name && (before.isBegun || restMs > 0)) return;
    this.end();
    const stop = new AbortController();
    const foreseen = { name, isBegun: false, stop };
    this.#foreseen = foreseen;
    const start = () => {
      foreseen.isBegun = true;
      void work(stop.signal);
    };
    if (restMs === 0) {
      start();
      return;
    }
    const timer = setTimeout(start, restMs);
    stop.signal.addEventListener("abort", () => clearTimeout(timer));
  }

  /** Whatever is foreseen, or only this event, is not foreseen any more. */
  end(name = this.#foreseen?.name): void {
    if (this.#foreseen?.name !== name) return;
    this.#foreseen?.stop.abort();
    this.#foreseen = undefined;
  }
}
