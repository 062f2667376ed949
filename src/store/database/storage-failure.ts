import type { EngineFailure } from "../../protocol/errors.ts";
import { EngineError } from "../../shared/engine-error.ts";

/** What the browser, the disk or the user can cause. Other exceptions of IndexedDB are ours to fix. */
const UNAVAILABLE = new Set([
  "AbortError",
  "InvalidStateError",
  "NotReadableError",
  "SecurityError",
  "TimeoutError",
  "UnknownError",
  "VersionError",
]);

/** Run `work` on a database; its expected failures become `EngineError`s. */
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
