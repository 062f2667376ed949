/**
 * @file Whether sharing layers pays: against what fewer bits would cost in the same bytes. Ours, not Krul's.
 *
 * Ratios are those of f16's bytes over the bytes stored, KL is mean KL(exact ‖ stored) in nats.
 *
 * EB1 The bits curve is what was measured without sharing, but for points that another one beats: no
 *     larger a ratio at no smaller a KL.
 * EB2 Up to the mildest point's ratio that point is taken: it costs that KL and saves bytes besides. The
 *     exact cache, of KL 0, has no logarithm and is no point.
 * EB3 Between two neighbours log KL is a straight line over log ratio.
 * EB4 Past the last point its line goes on, and the answer says so: nobody measured that far. A curve of
 *     one point has no line, and no answer there.
 * EB5 Sharing pays if its own KL is below that. If it is equal, or if either is unknown, it does not.
 */

export interface MeasuredPoint {
  /** 1 or more. */
  ratio: number;
  kl: number;
}

export interface EqualBytesVerdict {
  /** What fewer bits would cost at the same ratio; NaN if nobody knows (EB4). */
  klAtEqualBytes: number;
  /** EB4: past what was measured. */
  extrapolated: boolean;
  sharingPays: boolean;
}

/** EB1 to EB5. @param bits all that was measured without sharing, in any order */
export function sharingAtEqualBytes(
  bits: readonly MeasuredPoint[],
  shared: MeasuredPoint,
): EqualBytesVerdict {
  const curve = bitsCurve(bits);
  const klAtEqualBytes = klOnCurve(curve, shared.ratio);
  return {
    klAtEqualBytes,
    extrapolated: shared.ratio > (curve.at(-1)?.ratio ?? Infinity),
    // Written so that what is not a number does not pay.
    sharingPays: shared.kl < klAtEqualBytes,
  };
}

/** EB1, without the exact cache (EB2): by ratio, and so by KL, both rising. */
function bitsCurve(bits: readonly MeasuredPoint[]): MeasuredPoint[] {
  // The best of each ratio comes last: going back, a point is beaten if one that was passed has no larger KL.
  const sorted = bits.filter(({ kl }) => kl > 0).sort((a, b) => a.ratio - b.ratio || b.kl - a.kl);
  const curve: MeasuredPoint[] = [];
  for (const point of sorted.reverse())
    if (!(point.kl >= (curve[0]?.kl ?? Infinity))) curve.unshift(point);
  return curve;
}

function klOnCurve(curve: readonly MeasuredPoint[], ratio: number): number {
  const next = curve.findIndex((point) => point.ratio >= ratio);
  if (next === 0) return curve[0]?.kl ?? NaN;
  // Past the end the last two points make the line (EB4).
  const [from, to] = next < 0 ? curve.slice(-2) : curve.slice(next - 1, next + 1);
  if (!from || !to) return NaN;
  const way = Math.log(ratio / from.ratio) / Math.log(to.ratio / from.ratio);
  return from.kl * (to.kl / from.kl) ** way;
}
