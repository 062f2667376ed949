/** Begins what an event announces, one event at a time. */
export class HoverIntent {
  #pending: { name: string; isBegun: boolean; stop: AbortController } | undefined;

  /**
   * Begin when the event has been pending for `restMs`, instead of what another one began. What has
   * begun for this one goes on.
   *
   * @param work its signal is aborted when the event is no longer pending. Must not reject
   */
  begin(name: string, restMs: number, work: (signal: AbortSignal) => Promise<void>): void {
    const before = this.#pending;
    if (before?.name === name && (before.isBegun || restMs > 0)) return;
    this.end();
    const stop = new AbortController();
    const pending = { name, isBegun: false, stop };
    this.#pending = pending;
    const start = () => {
      pending.isBegun = true;
      void work(stop.signal);
    };
    if (restMs === 0) {
      start();
      return;
    }
    const timer = setTimeout(start, restMs);
    stop.signal.addEventListener("abort", () => clearTimeout(timer));
  }

  /** Whatever is pending, or only this event, is not pending any more. */
  end(name = this.#pending?.name): void {
    if (this.#pending?.name !== name) return;
    this.#pending?.stop.abort();
    this.#pending = undefined;
  }
}
