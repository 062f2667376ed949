import type { EngineFailure } from "../protocol/errors.ts";
import { EngineError } from "../shared/engine-error.ts";

/** What is known when something of WebLLM fails. */
interface FailureTerms {
  /** Address of the library that runs the model. */
  url: string;
  /** Bytes that the model takes on the GPU. */
  gpuBytes: number;
}

/**
 * What an error means that ends a load. Most of WebLLM's classes of errors are not exported, so they are known by their
 * names. An error that nobody expects is a failure too: nothing of a load is in use, and the next one begins anew.
 */
export function loadingError(error: unknown, terms: FailureTerms): EngineError {
  if (error instanceof EngineError) return error;
  return new EngineError(failureNamed(error, terms), { cause: error });
}

/** What an error means that ends an answer. Whatever nobody expects leaves WebLLM in a state that nobody knows. */
export function answeringError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const detail = (error instanceof Error ? error.message : String(error)).slice(0, MAX_DETAIL);
  return new EngineError({ code: "webllm-failed", detail, wasAnswering: true }, { cause: error });
}

function failureNamed(error: unknown, { url, gpuBytes }: FailureTerms): EngineFailure {
  const { name, message } = error instanceof Error ? error : { name: "", message: String(error) };
  switch (name) {
    case "WebGPUNotAvailableError":
    case "WebGPUNotFoundError":
      return { code: "webgpu-unavailable", reason: "gpu" in navigator ? "no-adapter" : "no-api" };
    case "ShaderF16SupportError":
      return { code: "gpu-feature-missing", feature: "shader-f16" };
    case "FeatureSupportError":
      return {
        code: "gpu-feature-missing",
        feature: /feature ([\w-]{1,40})/.exec(message)?.[1] ?? "",
      };
    case "DeviceLostError":
      return { code: "out-of-memory", neededBytes: gpuBytes };
    case "IntegrityError":
      return { code: "library-changed", url };
    case "QuotaExceededError":
      return { code: "quota-exceeded" };
    case "LinkError":
    case "CompileError":
    case "ArtifactManifestError":
    case "UnsupportedTokenizerFilesError":
      return { code: "model-invalid", url, detail: message.slice(0, MAX_DETAIL) };
    default:
      return { code: "webllm-failed", detail: message.slice(0, MAX_DETAIL) };
  }
}

/** Letters of a sentence that is shown. */
const MAX_DETAIL = 300;

/** How long a prompt is that WebLLM refuses, and how long one may be. */
export interface Overflow {
  /** Tokens that would have to be run. */
  promptTokens: number;
  contextTokens: number;
}

/** What WebLLM says of a prompt that is too long; undefined for any other error. It has the numbers in its sentence only. */
export function overflowOf(error: unknown): Overflow | undefined {
  if (!(error instanceof Error) || error.name !== "ContextWindowSizeExceededError")
    return undefined;
  const [, prompt, window] =
    /prompt tokens: (\d{1,15}); context window size: (\d{1,15})/.exec(error.message) ?? [];
  if (prompt === undefined || window === undefined) return undefined;
  return { promptTokens: Number(prompt), contextTokens: Number(window) };
}
