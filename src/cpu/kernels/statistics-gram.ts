import { sumsOfLanes } from "./attention-scores";
import { sumOfLanes } from "./attention-slices";
import { address, word } from "./words";

const SLICE: i32 = 32;
/** The units of a sum: 2^-40. */
const UNITS: f32 = 1099511627776;

/** Adds to a sum, which is a whole number of units. What the value has below a unit is cut off. */
function addUnits(sums: usize, cell: i32, value: f32): void {
  const at = sums + ((<usize>cell) << 3);
  store<u64>(at, load<u64>(at) + <u64>(value * UNITS));
}

/** The part of a layer's weights on the first and last tenth of the positions that a row sees. */
function edgeOf(weights: usize, seen: i32, groups: i32, rowBytes: usize): f32 {
  const tenth = i32x4.splat((seen + 9) / 10);
  const late = i32x4.sub(i32x4.splat(seen), tenth);
  let sum = f32x4.splat(0);
  for (let group: usize = 0; group < <usize>groups; group++)
    for (let i = 0; i < seen; i += 4) {
      const position = i32x4.add(i32x4.splat(i), i32x4(0, 1, 2, 3));
      const isEdge = v128.or(i32x4.lt_s(position, tenth), i32x4.ge_s(position, late));
      const four = v128.load(weights + group * rowBytes + ((<usize>i) << 2));
      sum = f32x4.add(sum, v128.and(four, isEdge));
    }
  return sumOfLanes(sum);
}

/**
 * Adds a step's sampled attention rows to the sums that say how alike layers attend: the products of the weights of
 * each pair of layers i <= j, and each layer's weight on the edges. An item is a layer j with all layers before it.
 *
 * Words: addresses of the weights [layers, rows, groups, slices, 32] f32, which are 0 behind the positions that a row
 * sees, and of the sums [layers * layers + layers] u64; position; layers, rows of a layer, groups, slices of a row;
 * first token, stride and number of sampled rows.
 */
export function attentionGram(args: usize, start: i32, end: i32, scratch: usize): void {
  const weights = address(args, 0);
  const sums = address(args, 1);
  const layers = word(args, 3);
  const groups = word(args, 5);
  const bytes = (<usize>(word(args, 6) * SLICE)) << 2;
  const layerBytes = <usize>(word(args, 4) * groups) * bytes;
  for (let layer = start; layer < end; layer++)
    for (let row = 0; row < word(args, 9); row++) {
      const seen = word(args, 2) + word(args, 7) + row * word(args, 8) + 1;
      const place = weights + <usize>(row * groups) * bytes;
      const own = place + <usize>layer * layerBytes;
      for (let other = 0; other <= layer; other += 4) {
        const four = productsOfFour(place, own, other, layer, layerBytes, seen, groups, bytes);
        addUnits(sums, other * layers + layer, f32x4.extract_lane(four, 0));
        if (other + 1 <= layer)
          addUnits(sums, (other + 1) * layers + layer, f32x4.extract_lane(four, 1));
        if (other + 2 <= layer)
          addUnits(sums, (other + 2) * layers + layer, f32x4.extract_lane(four, 2));
        if (other + 3 <= layer)
          addUnits(sums, (other + 3) * layers + layer, f32x4.extract_lane(four, 3));
      }
      addUnits(sums, layers * layers + layer, edgeOf(own, seen, groups, bytes));
    }
}

/** Products of one layer's row with those of four layers. One past `last` is replaced by that. */
function productsOfFour(
  place: usize,
  own: usize,
  other: i32,
  last: i32,
  layerBytes: usize,
  seen: i32,
  groups: i32,
  rowBytes: usize,
): v128 {
  const w0 = place + <usize>other * layerBytes;
  const w1 = place + <usize>min(other + 1, last) * layerBytes;
  const w2 = place + <usize>min(other + 2, last) * layerBytes;
  const w3 = place + <usize>min(other + 3, last) * layerBytes;
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let group: usize = 0; group < <usize>groups; group++) {
    const first = group * rowBytes;
    for (let at = first; at < first + ((<usize>seen) << 2); at += 16) {
      const x = v128.load(own + at);
      s0 = f32x4.add(s0, f32x4.mul(x, v128.load(w0 + at)));
      s1 = f32x4.add(s1, f32x4.mul(x, v128.load(w1 + at)));
      s2 = f32x4.add(s2, f32x4.mul(x, v128.load(w2 + at)));
      s3 = f32x4.add(s3, f32x4.mul(x, v128.load(w3 + at)));
    }
  }
  return sumsOfLanes(s0, s1, s2, s3);
}
