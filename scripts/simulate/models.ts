/** The shape of a model, as in its configuration. */
export interface Model {
  name: string;
  layers: number;
  hidden: number;
  ffn: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  vocab: number;
  contextTokens: number;
  bytesPerWeight: number;
}

/** Bytes of a weight in four bits, with a scale of two bytes for 32 weights. Pip's are f16. */
const Q4 = 0.5625;
export const MODELS: readonly Model[] = [
  model("Pip", [12, 192, 448, 6, 2, 32, 2048, 2048], 2),
  model("Qwen3-0.6B", [28, 1024, 3072, 16, 8, 128, 151_936, 40_960], Q4),
  model("Llama-3.2-1B", [16, 2048, 8192, 32, 8, 64, 128_256, 131_072], Q4),
  model("Qwen2.5-0.5B", [24, 896, 4864, 14, 2, 64, 151_936, 32_768], Q4),
  model("SmolLM2-360M", [32, 960, 2560, 15, 5, 64, 49_152, 8192], Q4),
];

function model(name: string, shape: readonly number[], bytesPerWeight: number): Model {
  const [layers = 0, hidden = 0, ffn = 0, heads = 0, kvHeads = 0, headDim = 0] = shape;
  const [vocab = 0, contextTokens = 0] = shape.slice(6);
  return {
    name,
    layers,
    hidden,
    ffn,
    heads,
    kvHeads,
    headDim,
    vocab,
    contextTokens,
    bytesPerWeight,
  };
}

/** Weights of one layer's matrices. */
export const matrixWeights = ({ hidden, ffn, heads, kvHeads, headDim }: Model): number =>
  hidden * headDim * (2 * heads + 2 * kvHeads) + 3 * hidden * ffn;

/** Bytes of a token's K and V in one layer, in f16. */
export const rowBytes = ({ kvHeads, headDim }: Model): number => 4 * kvHeads * headDim;
