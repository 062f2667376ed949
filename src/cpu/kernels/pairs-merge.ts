import { halfBits, loadHalves, storeHalves } from "./halves";
import { headDimOf, kvHeadsOf, OWN, startOf } from "./pairs-layout";
import { address } from "./words";

/** Directions count as opposite if |u' + v'|^2 is below this. */
const OPPOSITE: f32 = 1e-6;
/** Directions count as the same if |u' - v'|^2 is below this: 2^-40. */
const SAME: f32 = 9.094947017729282e-13;

/**
 * Merges rows of two layers on the sphere, as `shaders/pairs/merge-rows.wgsl` does. An item is a vector: the keys or the
 * values of a token in one head.
 *
 * Words: those of pairs-layout.ts, addresses of both layers' caches, of the directions, magnitudes and divergences.
 */
export function mergeRows(args: usize, start: i32, end: i32, scratch: usize): void {
  const vectorBytes = (<usize>headDimOf(args)) << 1;
  const cached = <usize>(startOf(args) * 2 * kvHeadsOf(args)) * vectorBytes;
  for (let vector = start; vector < end; vector++) {
    const first = <usize>vector * vectorBytes;
    const u = address(args, OWN) + cached + first;
    const v = address(args, OWN + 1) + cached + first;
    const squaredU = squares(u, vectorBytes);
    const squaredV = squares(v, vectorBytes);
    const inverseU = squaredU == 0 ? <f32>0 : <f32>1 / sqrt<f32>(squaredU);
    const inverseV = squaredV == 0 ? <f32>0 : <f32>1 / sqrt<f32>(squaredV);
    const lengths = halfBits(squaredU * inverseU) | (halfBits(squaredV * inverseV) << 16);
    store<u32>(address(args, OWN + 3) + ((<usize>vector) << 2), lengths);
    const apart = combined(u, v, vectorBytes, inverseU, -inverseV);
    const diverges = squaredU > 0 && squaredV > 0 && apart >= SAME;
    store<f32>(address(args, OWN + 4) + ((<usize>vector) << 2), diverges ? apart : <f32>0);
    const together = combined(u, v, vectorBytes, inverseU, inverseV);
    const to = address(args, OWN + 2) + first;
    if (together < OPPOSITE) {
      mix(u, v, vectorBytes, inverseU, 0, to);
    } else {
      const halfway = <f32>1 / sqrt<f32>(together);
      mix(u, v, vectorBytes, inverseU * halfway, inverseV * halfway, to);
    }
  }
}

function total(sums: v128): f32 {
  return (
    f32x4.extract_lane(sums, 0) +
    f32x4.extract_lane(sums, 1) +
    (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
  );
}

/** |u|². */
function squares(u: usize, bytes: usize): f32 {
  let sums = f32x4.splat(0);
  for (let i: usize = 0; i < bytes; i += 8) {
    const four = loadHalves(u + i);
    sums = f32x4.add(sums, f32x4.mul(four, four));
  }
  return total(sums);
}

/** |a u + b v|². */
function combined(u: usize, v: usize, bytes: usize, a: f32, b: f32): f32 {
  let sums = f32x4.splat(0);
  for (let i: usize = 0; i < bytes; i += 8) {
    const left = f32x4.mul(loadHalves(u + i), f32x4.splat(a));
    const four = f32x4.add(left, f32x4.mul(loadHalves(v + i), f32x4.splat(b)));
    sums = f32x4.add(sums, f32x4.mul(four, four));
  }
  return total(sums);
}

/** Stores a u + b v. */
function mix(u: usize, v: usize, bytes: usize, a: f32, b: f32, to: usize): void {
  for (let i: usize = 0; i < bytes; i += 8) {
    const left = f32x4.mul(loadHalves(u + i), f32x4.splat(a));
    storeHalves(to + i, f32x4.add(left, f32x4.mul(loadHalves(v + i), f32x4.splat(b))));
  }
}
