/**
 * @file Decides whether sharing layers pays, compared with storing fewer bits in the same number of bytes. The rules
 * are ours, not Krul's.
 *
 * A ratio is the bytes in f16 over the bytes stored. KL is the mean KL(exact ‖ stored) in nats.
 *
 * EB1 The bits curve consists of the points that were measured without sharing. A point is left out if another
 *     one beats it: if that has at least its ratio and at most its KL.
 * EB2 For ratios up to that of the mildest point, the mildest point's KL counts: it costs that KL and saves more
 *     bytes than asked for. The exact cache has KL 0, which has no logarithm, and is not a point of the curve.
 * EB3 Between two neighbouring points log KL is a straight line over log ratio.
 * EB4 Past the last point the line through the last two goes on, and the answer says that it is extrapolated. A
 *     curve of one point has no line, and gives no answer there.
 * EB5 Sharing pays if its own KL is below the curve. If both are equal, or if either is unknown, it does not pay.
 */

export interface MeasuredPoint {
  /** Bytes in f16 over bytes stored, 1 or more. */
  ratio: number;
  kl: number;
}

export interface EqualBytesVerdict {
  /** KL of fewer bits at the same ratio, or NaN if it is not known (EB4). */
  klAtEqualBytes: number;
  /** Whether the ratio is past the last measured point (EB4). */
  extrapolated: boolean;
  sharingPays: boolean;
}

/** Apply EB1 to EB5. @param bits all points that were measured without sharing, in any order */
export function sharingAtEqualBytes(
  bits: readonly MeasuredPoint[],
  shared: MeasuredPoint,
): EqualBytesVerdict {
  const curve = bitsCurve(bits);
  const klAtEqualBytes = klOnCurve(curve, shared.ratio);
  return {
    klAtEqualBytes,
    extrapolated: shared.ratio > (curve.at(-1)?.ratio ?? Infinity),
    // The comparison is written so that NaN does not pay.
    sharingPays: shared.kl < klAtEqualBytes,
  };
}

/** The points of the curve (EB1, EB2) in ascending order of ratio, which is also the order of KL. */
function bitsCurve(bits: readonly MeasuredPoint[]): MeasuredPoint[] {
  // Of equal ratios the point with the least KL comes last. Going backwards, a point is beaten if an earlier
  // visited one has at most its KL.
  const sorted = bits.filter(({ kl }) => kl > 0).sort((a, b) => a.ratio - b.ratio || b.kl - a.kl);
  const curve: MeasuredPoint[] = [];
  for (const point of sorted.reverse())
    if (!(point.kl >= (curve[0]?.kl ?? Infinity))) curve.unshift(point);
  return curve;
}

function klOnCurve(curve: readonly MeasuredPoint[], ratio: number): number {
  const next = curve.findIndex((point) => point.ratio >= ratio);
  if (next === 0) return curve[0]?.kl ?? NaN;
  // Past the end the last two points give the line (EB4).
  const [from, to] = next < 0 ? curve.slice(-2) : curve.slice(next - 1, next + 1);
  if (!from || !to) return NaN;
  const way = Math.log(ratio / from.ratio) / Math.log(to.ratio / from.ratio);
  return from.kl * (to.kl / from.kl) ** way;
}
