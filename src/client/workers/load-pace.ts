import type { EngineStatus } from "../../protocol/engine-api.ts";

type Loading = Extract<EngineStatus, { phase: "loading" }>;

/** Before this, too little has come to tell how fast the rest will. */
const LEAST_MS = 1000;

/** Predicts how long a load takes from how fast its bytes have come. */
export class LoadPace {
  #begun: { url: string; bytes: number; atMs: number } | undefined;
  readonly #nowMs: () => number;

  constructor(nowMs = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** The status, and with that of a load how long the rest takes, once that can be told. */
  timed(status: EngineStatus): EngineStatus {
    if (status.phase !== "loading") {
      this.#begun = undefined;
      return status;
    }
    const remainingMs = this.#remainingMs(status);
    return remainingMs === undefined ? status : { ...status, remainingMs };
  }

  #remainingMs({ url, loadedBytes, totalBytes }: Loading): number | undefined {
    // Before the first bytes, files are looked for, and that says nothing of the rest.
    if (loadedBytes === 0 || this.#begun?.url !== url) {
      this.#begun = { url, bytes: loadedBytes, atMs: this.#nowMs() };
      return undefined;
    }
    const elapsedMs = this.#nowMs() - this.#begun.atMs;
    const bytes = loadedBytes - this.#begun.bytes;
    if (elapsedMs < LEAST_MS || bytes <= 0) return undefined;
    return ((totalBytes - loadedBytes) * elapsedMs) / bytes;
  }
}
