import type { EngineFailure } from "../protocol/errors.ts";

/** Carries an `EngineFailure` up a worker's call stack. Never crosses a thread. */
export class EngineError extends Error {
  override readonly name = "EngineError";

  constructor(
    readonly failure: EngineFailure,
    options?: ErrorOptions,
  ) {
    super(failure.code, options);
  }
}
