import type { DatabasePhase } from "../../protocol/store-api.ts";

/**
 * How this tab's connection gives way to a newer build's upgrade: not while the page still writes an answer,
 * which only the page knows. So it is told of the wish, and says when the connection may close.
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

  /** A newer build waits for `close`. Where nobody listens there is nothing to wait for. */
  requestClose(close: () => void): void {
    this.#close = close;
    if (this.#onPhase) this.become("leaving");
    else this.letGo();
  }

  /** Without effect where no newer build waits. */
  letGo(): void {
    const close = this.#close;
    if (!close) return;
    this.#close = undefined;
    // In this order: whoever finds the connection closed has to be told why.
    this.become("outdated");
    close();
  }
}
