import { partsOf, type QkvPart, type QkvStep } from "../../../shaders/forward/qkv-steps.ts";
import { isCachedLayer, productShape } from "../kv-layers.ts";
import type { Architecture, ShapeConfig, WeightDescription } from "./architecture.ts";

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
        shape: (config, layer) => [productRows(config, layer), config.hidden],
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

/** The rows of a layer's QKV product. A layer that attends to K and V of another one projects queries only. */
function productRows(config: ShapeConfig, layer: number): number {
  const { heads, kvHeads, headDim } = productShape(config, layer);
  return (heads + 2 * kvHeads) * headDim;
}

/** The weights of a layer that its steps read: a bias for the rows of all parts, and gains for the heads of each part. */
function weightsOfSteps(steps: readonly QkvStep[]): WeightDescription[] {
  const bias: WeightDescription = {
    role: "qkvBias",
    kind: "bias",
    shape: (config, layer) => [productRows(config, layer)],
  };
  const gain = (part: QkvPart): WeightDescription => ({
    role: `${part}Norm`,
    kind: "norm",
    shape: ({ headDim }) => [headDim],
    isPresent: (config, layer) => part === "query" || isCachedLayer(config, layer),
  });
  return [
    ...(partsOf(steps, "bias").length > 0 ? [bias] : []),
    ...partsOf(steps, "norm").map(gain),
  ];
}
