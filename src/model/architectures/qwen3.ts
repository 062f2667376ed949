import { describeDecoder } from "./decoder.ts";

/** Qwen3: every query and key head is normalised before RoPE (arXiv:2505.09388). Source: `Qwen3LMHeadModel` of mlc-llm. */
export const QWEN3 = describeDecoder("qwen3", [
  { step: "norm", parts: ["query", "key"] },
  { step: "rotate", parts: ["query", "key"] },
]);
