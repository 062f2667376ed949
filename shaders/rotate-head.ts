/**
 * Rotate the channels of one head by RoPE (half-split; arXiv:2104.09864), in plain loops and f64. Channels d and
 * d + headDim / 2 form a pair.
 *
 * @param head [headDim]
 * @param turn [headDim / 2, 2]: cosine and sine of each pair's angle
 * @param direction 1 applies RoPE, -1 undoes it
 */
export function rotateHead(
  head: ArrayLike<number>,
  turn: Float32Array,
  direction: 1 | -1 = 1,
): number[] {
  const half = head.length / 2;
  return Array.from(head, (value, d) => {
    const cos = turn[2 * (d % half)] ?? NaN;
    const sin = direction * (turn[2 * (d % half) + 1] ?? NaN);
    const partner = head[(d + half) % head.length] ?? NaN;
    return value * cos + (d < half ? -partner : partner) * sin;
  });
}
