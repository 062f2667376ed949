import type { EngineFailure } from "../protocol/errors.ts";

/** Carries an expected failure up the call stack of a worker. It never crosses to another thread: see `resultOf`. */
export class EngineError extends Error {
  override readonly name = "EngineError";

  constructor(
    readonly failure: EngineFailure,
    options?: ErrorOptions,
  ) {
    super(failure.code, options);
  }
}
