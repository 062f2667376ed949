/**
 * Every expected way in which the engine or the store can fail. The page has an answer for each of them.
 *
 * They are plain data and no errors: Comlink rebuilds a thrown Error on the other thread from `name`, `message` and
 * `stack` alone, so a subclass, its `code` and its `cause` would be lost.
 */
export type EngineFailure =
  | { code: "webgpu-unavailable"; reason: "no-api" | "no-adapter" }
  /** The model would have to run on the processor, but the browser has no WebAssembly with SIMD. */
  | { code: "processor-unavailable" }
  /** The device went away more often than a turn goes on by itself. The engine starts again, and the turn can be sent again. */
  | { code: "device-lost"; message: string }
  | { code: "out-of-memory"; neededBytes: number }
  /** There was no answer at all: the device is offline, or DNS, the server, CORS or CSP has refused. */
  | { code: "model-unreachable"; url: string }
  | { code: "model-http-error"; url: string; status: number }
  /** The repository is not given to everyone: it needs an account, or a licence to be accepted. Or there is none. */
  | { code: "model-needs-account"; url: string; status: number }
  /** The server points to another place for the file. */
  | { code: "model-redirected"; url: string }
  | { code: "model-file-too-large"; url: string; limitBytes: number }
  /** The file is a pointer of Git LFS, which a copy without large files has in its place. */
  | { code: "model-lfs-pointer"; url: string }
  | { code: "model-truncated"; url: string; expectedBytes: number; foundBytes: number }
  | { code: "model-checksum"; url: string; expected: string; found: string }
  | { code: "model-unsupported"; what: "architecture" | "quantization" | "shape"; found: string }
  /** The files are there and complete, but their content is not what the format demands. */
  | {
      code: "model-invalid";
      url: string;
      detail: string;
      /** A short stable name of what is wrong, from readers that tell it: `GgufFault`. */
      fault?: string;
    }
  /** The code that runs the model is not what it was when it was first used. It was not run. */
  | { code: "library-changed"; url: string }
  /**
   * An error of WebLLM's own, which this page does not know, has ended a load, or an answer: `wasAnswering`. Then the model
   * is being loaded again.
   */
  | { code: "webllm-failed"; detail: string; wasAnswering?: true }
  /** The model needs something that this graphics card, or this browser, does not have. */
  | { code: "gpu-feature-missing"; feature: string }
  /** The server sends whole files only, and the model is read in parts. */
  | { code: "model-whole-only"; url: string }
  /** The file is not the one any more that reading has begun with. */
  | { code: "model-changed"; url: string }
  /** A local file that the model consists of was not handed over, or cannot be read any more. */
  | { code: "model-file-gone"; name: string }
  /** The model needs `downloadBytes` of weights. As nobody has agreed to that yet, none was downloaded. */
  | { code: "download-not-agreed"; url: string; downloadBytes: number }
  /** The download would leave less of the browser's storage than the page keeps free for conversations. */
  | { code: "download-no-room"; neededBytes: number; freeBytes: number }
  | { code: "model-not-loaded" }
  /** The last message alone is too long; `isAtLeast` where it is so long that its tokens were not counted. */
  | { code: "prompt-too-long"; promptTokens: number; contextTokens: number; isAtLeast?: boolean }
  | { code: "busy" }
  | { code: "cancelled" }
  /** The worker has ended: it ran out of memory, was killed, or failed by a bug. */
  | { code: "worker-died"; worker: "engine" | "store" | "downloads"; message: string }
  | { code: "store-unavailable"; message: string }
  /** A newer build of the page has upgraded the database, or has taken this one's place on the server. */
  | { code: "outdated" }
  /**
   * A file to be imported holds no conversations that can be read, is of a newer version of the page, is too large, ends in
   * the middle, or has to be unpacked first.
   */
  | { code: "import-refused"; why: "not-exported" | "newer" | "too-large" | "damaged" | "archive" }
  | { code: "quota-exceeded" };

/** The answer to a call: a value, or an expected failure. Bugs are thrown. */
export type Result<T> = { ok: true; value: T } | { ok: false; failure: EngineFailure };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const fail = (failure: EngineFailure): Result<never> => ({ ok: false, failure });
