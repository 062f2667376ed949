import { fail, ok, type Result } from "../protocol/errors.ts";
import { EngineError } from "./engine-error.ts";

/**
 * The answer to one call of a worker's API. An expected failure becomes data; anything else is a bug, and is
 * thrown.
 */
export async function resultOf<T>(call: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await call());
  } catch (error) {
    if (error instanceof EngineError) return fail(error.failure);
    throw error;
  }
}
