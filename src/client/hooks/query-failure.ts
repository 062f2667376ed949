import type { EngineFailure, Result } from "../../protocol/errors.ts";

/** A failure as an `Error`, because TanStack Query expects failures to be thrown. */
class QueryFailure extends Error {
  override readonly name = "QueryFailure";

  constructor(readonly failure: EngineFailure) {
    super(failure.code);
  }
}

/** The failure in a query's or mutation's `error`. */
export function failureOf(error: Error): EngineFailure {
  if (error instanceof QueryFailure) return error.failure;
  return { code: "store-unavailable", message: error.message };
}

/** The value, or the failure thrown as a query throws it. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new QueryFailure(result.failure);
}
