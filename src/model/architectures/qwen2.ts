import { describeDecoder } from "./decoder.ts";

/** Qwen2 and Qwen2.5: queries, keys and values have biases (arXiv:2407.10671). Source: `QWen2LMHeadModel` of mlc-llm. */
export const QWEN2 = describeDecoder("qwen2", [
  { step: "bias", parts: ["query", "key", "value"] },
  { step: "rotate", parts: ["query", "key"] },
]);
