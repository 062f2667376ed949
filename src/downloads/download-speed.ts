/** Over this time the speed is the mean: long enough that it does not jump, and short enough to notice a change. */
const WINDOW_MS = 5000;

/** Bytes per second, over the last seconds. */
export class DownloadSpeed {
  #samples: { atMs: number; bytes: number }[] = [];

  /** @param bytes that are there in all */
  note(atMs: number, bytes: number): void {
    const last = this.#samples.at(-1);
    // What was dropped, because it was damaged, would count as a negative speed.
    if (last && bytes < last.bytes) this.#samples = [];
    this.#samples.push({ atMs, bytes });
    while ((this.#samples[0]?.atMs ?? atMs) < atMs - WINDOW_MS) this.#samples.shift();
  }

  /** Undefined until there are two moments to compare. */
  get bytesPerSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.atMs <= first.atMs) return undefined;
    return ((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs);
  }
}
