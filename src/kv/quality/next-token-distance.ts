/** How far one distribution of the next token is from another that is taken as right. */
export interface NextTokenDistance {
  /** KL(expected ‖ actual), in nats. */
  kl: number;
  /** Whether both have the same likeliest token. */
  sameTop: boolean;
  /**
   * By how much the right distribution prefers its own likeliest token to that of the other one: a difference of
   * log-probabilities, in nats. 0 where both have the same.
   */
  flippedGap: number;
}

/**
 * Compares two distributions of the next token.
 *
 * @param expected logits of the ids that can be sampled, [activeVocab]
 * @param actual the same
 */
export function nextTokenDistance(expected: Float32Array, actual: Float32Array): NextTokenDistance {
  const p = logProbabilities(expected);
  const q = logProbabilities(actual);
  const kl = p.reduce((sum, logP, token) => sum + Math.exp(logP) * (logP - (q[token] ?? NaN)), 0);
  const [right, other] = [likeliest(p), likeliest(q)];
  const flippedGap = (p[right] ?? NaN) - (p[other] ?? NaN);
  return { kl: Math.max(kl, 0), sameTop: right === other, flippedGap };
}

function logProbabilities(logits: Float32Array): Float64Array {
  const values = Float64Array.from(logits);
  const largest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const total = values.reduce((sum, value) => sum + Math.exp(value - largest), 0);
  return values.map((value) => value - largest - Math.log(total));
}

/**
 * The likeliest token. Of several equally likely ones it is that of the lowest id, which greedy decoding also takes.
 */
function likeliest(values: Float64Array): number {
  return values.reduce((best, value, token) => (value > (values[best] ?? NaN) ? token : best), 0);
}
