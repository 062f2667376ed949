/**
 * Time from the start of one write to the start of the next. As long as a write takes less than this, what is stored
 * is never more than a second behind.
 */
const WRITE_INTERVAL_MS = 500;

/** Stores a growing reply every so often: one write at a time, each with all that arrived before it. */
export class ReplyWriter<Parts> {
  readonly #write: (parts: Parts) => Promise<unknown>;
  #parts: Parts | undefined;
  #startedAtMs = performance.now();
  #writing: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  /** @param write may fail without consequence: later writes, and the caller's own at the end, hold the same parts */
  constructor(write: (parts: Parts) => Promise<unknown>) {
    this.#write = write;
  }

  update(parts: Parts): void {
    this.#parts = parts;
    this.#schedule();
  }

  /** Nothing is written any more once this resolves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#writing;
  }

  #schedule(): void {
    if (this.#writing || this.#stopped) return;
    const waitMs = this.#startedAtMs + WRITE_INTERVAL_MS - performance.now();
    // The timer is for a reply that does not grow any more. In a hidden tab it may be a minute late.
    if (waitMs <= 0) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), waitMs);
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#startedAtMs = performance.now();
    if (this.#parts !== undefined) this.#writing = this.#writeOnce(this.#parts);
  }

  async #writeOnce(parts: Parts): Promise<void> {
    await this.#write(parts);
    this.#writing = undefined;
    if (this.#parts !== parts) this.#schedule();
  }
}
