import type { EngineFailure } from "../../protocol/errors.ts";
import { EngineError } from "../../shared/engine-error.ts";

/** Exceptions that the browser, the disk or the user can cause. All others of IndexedDB are bugs of this program. */
const UNAVAILABLE = new Set([
  "AbortError",
  "InvalidStateError",
  "NotReadableError",
  "SecurityError",
  "TimeoutError",
  "UnknownError",
  "VersionError",
]);

/** Runs `work`. The expected failures of a browser's storage are thrown as `EngineError`s. */
export async function withStorageFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const failure = cause instanceof DOMException && failureOf(cause);
    throw failure ? new EngineError(failure, { cause }) : cause;
  }
}

function failureOf({ name, message }: DOMException): EngineFailure | undefined {
  if (name === "QuotaExceededError") return { code: "quota-exceeded" };
  if (UNAVAILABLE.has(name)) return { code: "store-unavailable", message: `${name}: ${message}` };
  return undefined;
}
