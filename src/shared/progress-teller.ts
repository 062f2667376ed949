import type { EngineProgress } from "../protocol/engine-progress.ts";

/** Least time between two reports of one kind of work: faster than this nobody reads. */
const INTERVAL_MS = 100;

/**
 * Tells how far work has come, at most ten times a second. The first report of each kind of work passes at once, and so
 * does the one that says that it is done.
 */
export class ProgressTeller {
  readonly #tell: (progress: EngineProgress) => void;
  readonly #nowMs: () => number;
  #told: { work: EngineProgress["work"]; conversationId: string; atMs: number } | undefined;

  constructor(tell: (progress: EngineProgress) => void, nowMs = () => performance.now()) {
    this.#tell = tell;
    this.#nowMs = nowMs;
  }

  tell(progress: EngineProgress): void {
    const { work, conversationId } = progress;
    const atMs = this.#nowMs();
    const told = this.#told;
    const isSame = told?.work === work && told.conversationId === conversationId;
    if (isSame && !isDone(progress) && atMs - told.atMs < INTERVAL_MS) return;
    this.#told = { work, conversationId, atMs };
    this.#tell(progress);
  }
}

const isDone = (progress: EngineProgress): boolean =>
  progress.work !== "answer" && progress.doneTokens === progress.totalTokens;
