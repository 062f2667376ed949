import { fail, ok, type Result } from "../protocol/errors.ts";
import { EngineError } from "./engine-error.ts";

/** Run one API call. Expected failures become data; anything else is a bug and keeps flying. */
export async function atBoundary<T>(call: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await call());
  } catch (error) {
    if (error instanceof EngineError) return fail(error.failure);
    throw error;
  }
}
