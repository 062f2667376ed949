/** A model of WebLLM's list, with what this project reads of it. */
export interface WebLlmModel {
  /** WebLLM's own name of the model in this context. */
  id: string;
  /** The repository at Hugging Face: `mlc-ai/SmolLM2-135M-Instruct-q0f16-MLC`. */
  repository: string;
  /** The name of its compiled library, without the address that all have in common. */
  library: string;
  /** MiB on the GPU, by WebLLM's count. */
  vramMiB: number;
  /** Tokens of the context that this is for; undefined for models that do not chat. */
  contextTokens: number | undefined;
  /** -1 where the sliding window of the model's configuration is turned off; undefined where it stays. */
  slidingWindowTokens?: number | undefined;
  /** Steps that a recurrent model's state can go back. */
  historySteps?: number | undefined;
  /** Name of the file that describes the model, where its repository has one. */
  manifest?: string | undefined;
  /** Features that WebLLM says the device must have. */
  features: readonly string[];
  /** Bytes of a buffer that the device must allow, where WebLLM states them. */
  bufferBytes: number | undefined;
}

/** What a repository's name says: `Qwen3-0.6B` and `q4f16_1` for `mlc-ai/Qwen3-0.6B-q4f16_1-MLC`. */
export function namesIn(repository: string): { base: string; format: string } {
  const [, base = "", format = ""] = /^[^/]+\/(.+)-(q\d+f\d+(?:_\d+)?)-MLC$/.exec(repository) ?? [];
  return { base, format };
}
