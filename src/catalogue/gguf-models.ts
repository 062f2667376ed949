/** A GGUF file at Hugging Face of a family that the engine of this project runs. */
interface GgufModel {
  repository: string;
  file: string;
  /** As in `baseModelOf`. */
  base: string;
  /** As in `weightFormat`. */
  format: string;
  /** Bytes of the file, as its page at Hugging Face says, to three digits. */
  fileBytes: number;
}

/** A short list: of each size one that is known to be there. MLC's repositories have the same models in other formats. */
export const GGUF_MODELS: readonly GgufModel[] = [
  {
    repository: "bartowski/SmolLM2-360M-Instruct-GGUF",
    file: "SmolLM2-360M-Instruct-Q8_0.gguf",
    base: "SmolLM2-360M-Instruct",
    format: "Q8_0",
    fileBytes: 386e6,
  },
  {
    repository: "QuantFactory/Qwen2.5-0.5B-Instruct-GGUF",
    file: "Qwen2.5-0.5B-Instruct.Q4_1.gguf",
    base: "Qwen2.5-0.5B-Instruct",
    format: "Q4_1",
    fileBytes: 375e6,
  },
  {
    repository: "Qwen/Qwen3-0.6B-GGUF",
    file: "Qwen3-0.6B-Q8_0.gguf",
    base: "Qwen3-0.6B",
    format: "Q8_0",
    fileBytes: 639e6,
  },
  {
    repository: "bartowski/Llama-3.2-1B-Instruct-GGUF",
    file: "Llama-3.2-1B-Instruct-Q4_K_M.gguf",
    base: "Llama-3.2-1B-Instruct",
    format: "Q4_K_M",
    fileBytes: 808e6,
  },
  {
    repository: "HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF",
    file: "smollm2-1.7b-instruct-q4_k_m.gguf",
    base: "SmolLM2-1.7B-Instruct",
    format: "Q4_K_M",
    fileBytes: 1.06e9,
  },
  {
    repository: "bartowski/Qwen2.5-3B-Instruct-GGUF",
    file: "Qwen2.5-3B-Instruct-Q4_K_M.gguf",
    base: "Qwen2.5-3B-Instruct",
    format: "Q4_K_M",
    fileBytes: 1.93e9,
  },
];
