/**
 * How long a piece of work between two turns may take, in ms: a turn that begins meanwhile waits for the piece that has
 * been begun. People notice a delay from about 100 ms on.
 */
export const SLICE_MS = 50;

/** A piece of a replay: so many tokens through so many layers. */
export interface ReplaySlice {
  tokens: number;
  layers: number;
}

/** Of every model on every device, such a piece is short. */
export const FIRST_SLICE: ReplaySlice = { tokens: 16, layers: 1 };

/**
 * The size of the next piece, from how long one of this size took. It doubles, in tokens before layers, while that
 * leaves it within `SLICE_MS`, and halves, in layers before tokens, when it was longer.
 *
 * @param most the most tokens and layers that there are
 */
export function nextSlice(slice: ReplaySlice, elapsedMs: number, most: ReplaySlice): ReplaySlice {
  const { tokens, layers } = slice;
  if (elapsedMs > SLICE_MS)
    return layers > 1
      ? { tokens, layers: Math.ceil(layers / 2) }
      : { tokens: Math.ceil(tokens / 2), layers };
  if (elapsedMs * 2 > SLICE_MS) return slice;
  return tokens < most.tokens
    ? { tokens: Math.min(tokens * 2, most.tokens), layers }
    : { tokens, layers: Math.min(layers * 2, most.layers) };
}
