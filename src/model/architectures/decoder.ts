import { partsOf, type QkvPart, type QkvStep } from "../../../shaders/forward/qkv-steps.ts";
import type { Architecture, WeightDescription } from "./architecture.ts";

/**
 * Describes a decoder of the kind that Llama has made common: RMSNorm before attention and before a gated MLP, RoPE, and
 * heads of which several may share their keys and values (arXiv:2302.13971, arXiv:2305.13245). Such architectures differ
 * in what is done to the heads of the QKV product, and the weights for that follow from these steps.
 */
export function describeDecoder(name: string, steps: readonly QkvStep[]): Architecture {
  return {
    name,
    steps,
    scoreWidth: ({ headDim }) => headDim,
    first: [
      { role: "embedding", kind: "embedding", shape: ({ vocab, hidden }) => [vocab, hidden] },
    ],
    layer: [
      { role: "attentionNorm", kind: "norm", shape: ({ hidden }) => [hidden] },
      {
        role: "qkv",
        kind: "matrix",
        shape: ({ heads, kvHeads, headDim, hidden }) => [(heads + 2 * kvHeads) * headDim, hidden],
      },
      ...weightsOfSteps(steps),
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
}

/** The weights of a layer that its steps read: a bias for the rows of all parts, and gains for the heads of each part. */
function weightsOfSteps(steps: readonly QkvStep[]): WeightDescription[] {
  const bias: WeightDescription = {
    role: "qkvBias",
    kind: "bias",
    shape: ({ heads, kvHeads, headDim }) => [(heads + 2 * kvHeads) * headDim],
  };
  const gain = (part: QkvPart): WeightDescription => ({
    role: `${part}Norm`,
    kind: "norm",
    shape: ({ headDim }) => [headDim],
  });
  return [
    ...(partsOf(steps, "bias").length > 0 ? [bias] : []),
    ...partsOf(steps, "norm").map(gain),
  ];
}
