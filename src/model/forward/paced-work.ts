import type { WaitedDevice } from "../../device/device.ts";
import { SLICE_MS } from "./replay-pace.ts";

/**
 * Work that is submitted piece by piece, so that never much more than `SLICE_MS` of it is waiting on the device. The
 * faster the pieces are, the more of them are submitted at once.
 */
export class PacedWork {
  readonly #device: WaitedDevice;
  #atOnce = 1;
  #submitted = 0;
  #begun = 0;

  constructor(device: WaitedDevice) {
    this.#device = device;
  }

  /** A piece is about to be submitted. */
  begin(): void {
    if (this.#submitted === 0) this.#begun = performance.now();
    this.#submitted++;
  }

  /** A piece was submitted. Resolves when the next one may be. */
  async ended(): Promise<void> {
    if (this.#submitted < this.#atOnce) return;
    await this.#device.queue.onSubmittedWorkDone();
    const elapsedMs = performance.now() - this.#begun;
    if (elapsedMs * 2 <= SLICE_MS) this.#atOnce *= 2;
    else if (elapsedMs > SLICE_MS) this.#atOnce = Math.max(1, this.#atOnce / 2);
    this.#submitted = 0;
  }
}
