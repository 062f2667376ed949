import type { DatabasePhase } from "../../protocol/store-api.ts";

/**
 * How this tab hands the database over to a newer build, which waits to upgrade it. The connection must not close
 * while an answer is being written, and only the page knows whether one is. So the page is told that a newer build
 * waits (the phase `leaving`), and calls `letGo` when the connection may close.
 */
export class DatabaseHandover {
  #phase: DatabasePhase = "current";
  #onPhase: ((phase: DatabasePhase) => void) | undefined;
  #close: (() => void) | undefined;

  get phase(): DatabasePhase {
    return this.#phase;
  }

  subscribe(onPhase: (phase: DatabasePhase) => void): void {
    this.#onPhase = onPhase;
    onPhase(this.#phase);
  }

  become(phase: DatabasePhase): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#onPhase?.(phase);
  }

  /** Called when a newer build waits for `close`. If no page has subscribed, the connection closes at once. */
  requestClose(close: () => void): void {
    this.#close = close;
    if (this.#onPhase) this.become("leaving");
    else this.letGo();
  }

  /** Closes the connection, if a newer build waits for that. */
  letGo(): void {
    const close = this.#close;
    if (!close) return;
    this.#close = undefined;
    // The phase changes first, so that a call that finds the connection closed fails with `outdated`.
    this.become("outdated");
    close();
  }
}
