/**
 * Every way the engine or the store can fail that the page has an answer for.
 *
 * Plain data, because Comlink rebuilds a thrown Error from `name`, `message` and `stack` alone: a
 * subclass, its `code` and its `cause` would not survive the trip.
 */
export type EngineFailure =
  | { code: "webgpu-unavailable"; reason: "no-api" | "no-adapter" }
  /** The GPU went away. The engine comes back by itself; the turn can be sent again. */
  | { code: "device-lost"; message: string }
  | { code: "out-of-memory"; neededBytes: number }
  /** No answer at all: offline, DNS, refused, blocked by CORS or CSP. */
  | { code: "model-unreachable"; url: string }
  | { code: "model-http-error"; url: string; status: number }
  /** The server points to another place for the file. */
  | { code: "model-redirected"; url: string }
  | { code: "model-file-too-large"; url: string; limitBytes: number }
  /** In the file's place is what Git LFS leaves of it in a copy without large files. */
  | { code: "model-lfs-pointer"; url: string }
  | { code: "model-truncated"; url: string; expectedBytes: number; foundBytes: number }
  | { code: "model-checksum"; url: string; expected: string; found: string }
  | { code: "model-unsupported"; what: "architecture" | "quantization" | "shape"; found: string }
  /** The files are there and complete, and do not say what the format says they should. */
  | { code: "model-invalid"; url: string; detail: string }
  /** So many bytes of weights are to be downloaded; none was. */
  | { code: "download-not-agreed"; url: string; downloadBytes: number }
  | { code: "model-not-loaded" }
  | { code: "prompt-too-long"; promptTokens: number; contextTokens: number }
  | { code: "busy" }
  | { code: "cancelled" }
  /** The worker died: out of memory, killed, or a bug. */
  | { code: "worker-died"; worker: "engine" | "store"; message: string }
  | { code: "store-unavailable"; message: string }
  /** A newer build of the page has the database now, or has taken this one's place on the server. */
  | { code: "outdated" }
  | { code: "quota-exceeded" };

export type Result<T> = { ok: true; value: T } | { ok: false; failure: EngineFailure };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const fail = (failure: EngineFailure): Result<never> => ({ ok: false, failure });
