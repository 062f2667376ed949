import type { ModelShape } from "./base-model.ts";

/** How many weights a model of this shape has; undefined where the shape is not known. Norms and biases are left out. */
export function parametersOf(shape: ModelShape): number | undefined {
  if (shape.parameters !== undefined) return shape.parameters;
  const { layers, hidden, ffn, heads, kvHeads, headDim, vocab, tiedEmbeddings } = shape;
  const sizes = [layers, hidden, ffn, heads, kvHeads, headDim, vocab];
  if (!sizes.every((size) => size !== null) || tiedEmbeddings === null) return undefined;
  const [L = 0, h = 0, f = 0, q = 0, kv = 0, d = 0, v = 0] = sizes;
  const attention = h * (q + 2 * kv) * d + q * d * h;
  const mlp = (shape.mlpMatrices ?? 3) * h * f;
  return v * h * (tiedEmbeddings ? 1 : 2) + L * (attention + mlp);
}

/** Bytes of the K and V of one token; undefined where the shape is not known. @param numberBytes of one number */
export function kvBytesPerToken(shape: ModelShape, numberBytes: number): number | undefined {
  const { layers, kvHeads, headDim, kvLayers } = shape;
  if (layers === null || kvHeads === null || headDim === null) return undefined;
  return (kvLayers ?? layers) * 2 * kvHeads * headDim * numberBytes;
}

/** Bytes of a model's weights in a format; undefined where the shape is not known. @param bits of a weight */
export function weightBytes(shape: ModelShape, bits: number): number | undefined {
  const parameters = parametersOf(shape);
  return parameters === undefined ? undefined : (parameters * bits) / 8;
}

/**
 * Bytes of the largest buffer: the embedding, the first matrix of an MLP with its gate, or the K and V of a layer.
 * Undefined where the shape is not known.
 *
 * @param bits of a weight
 */
export function largestBufferBytes(
  shape: ModelShape,
  bits: number,
  contextTokens: number,
): number | undefined {
  const { hidden, ffn, vocab, kvHeads, headDim } = shape;
  if (hidden === null || ffn === null || vocab === null || kvHeads === null || headDim === null)
    return undefined;
  const weights = Math.max(vocab * hidden, 2 * ffn * hidden) * (bits / 8);
  return Math.max(weights, contextTokens * 2 * kvHeads * headDim * 2);
}
