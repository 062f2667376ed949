import type { Architecture } from "./architecture.ts";

/** Llama 1 to 3, and every model of the same arithmetic. Source: `LlamaForCausalLM` of mlc-llm. */
export const LLAMA: Architecture = {
  name: "llama",
  first: [{ role: "embedding", kind: "embedding", shape: ({ vocab, hidden }) => [vocab, hidden] }],
  layer: [
    { role: "attentionNorm", kind: "norm", shape: ({ hidden }) => [hidden] },
    {
      role: "qkv",
      kind: "matrix",
      shape: ({ heads, kvHeads, headDim, hidden }) => [(heads + 2 * kvHeads) * headDim, hidden],
    },
    {
      role: "attentionOutput",
      kind: "matrix",
      shape: ({ hidden, heads, headDim }) => [hidden, heads * headDim],
    },
    { role: "mlpNorm", kind: "norm", shape: ({ hidden }) => [hidden] },
    { role: "gateUp", kind: "matrix", shape: ({ ffn, hidden }) => [2 * ffn, hidden] },
    { role: "down", kind: "matrix", shape: ({ hidden, ffn }) => [hidden, ffn] },
  ],
  last: [
    { role: "finalNorm", kind: "norm", shape: ({ hidden }) => [hidden] },
    {
      role: "head",
      kind: "embedding",
      shape: ({ vocab, hidden }) => [vocab, hidden],
      isPresent: ({ tiedEmbeddings }) => !tiedEmbeddings,
    },
  ],
};
