import { describeDecoder } from "./decoder.ts";

/**
 * Llama 1 to 3, SmolLM2, TinyLlama, and every other model of the same arithmetic. Source: `LlamaForCausalLM` of mlc-llm.
 */
export const LLAMA = describeDecoder("llama", [{ step: "rotate", parts: ["query", "key"] }]);
