import { describeDecoder } from "./decoder.ts";

/**
 * Mistral 7B and its kin: Llama's arithmetic, in a context that is no longer than the sliding window, within which
 * attention sees everything (arXiv:2310.06825). Source: `MistralForCasualLM` of mlc-llm.
 */
export const MISTRAL = describeDecoder("mistral", [{ step: "rotate", parts: ["query", "key"] }]);
