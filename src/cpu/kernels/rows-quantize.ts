import { floatsToHalves, halvesToFloats, loadHalves } from "./halves";
import {
  bitsOf,
  BLOCK,
  CHANNEL_SPAN,
  channelsOf,
  groupOf,
  isPreconditioned,
  keyCodesAt,
  keysOf,
  keyScalesAt,
  parts,
  rowAt,
  skipOf,
  TOKEN_SPAN,
  tokensOf,
  valueCodesAt,
  valueScalesAt,
} from "./rows-layout";

const LARGEST: f32 = 3.4028234663852886e38;

/**
 * Codes rows in few bits, as `shaders/rows/quantize-rows.wgsl` does. The first items are groups of keys in a span of
 * channels, the others values of a span of tokens.
 *
 * Words: see rows-layout.ts.
 */
export function quantizeRows(args: usize, start: i32, end: i32, scratch: usize): void {
  const spans = parts(channelsOf(args), CHANNEL_SPAN);
  const keyItems = parts(tokensOf(args), groupOf(args)) * spans;
  for (let item = start; item < end; item++) {
    if (item < keyItems) codeKeys(args, item / spans, (item % spans) * CHANNEL_SPAN);
    else codeValues(args, (item - keyItems) * TOKEN_SPAN);
  }
}

function codeKeys(args: usize, group: i32, first: i32): void {
  const last = min(first + CHANNEL_SPAN, channelsOf(args));
  for (let channel = first; channel < last; channel += 4) {
    const words = keyScaleWords(args, group, channel);
    v128.store(keyScalesAt(args, group) + ((<usize>channel) << 2), words);
    packKeys(args, group, channel, words);
  }
}

/** Four channels of a token's keys. */
function keysAt(args: usize, token: i32, channel: i32): v128 {
  if (!isPreconditioned(args)) return loadHalves(rowAt(args, token) + ((<usize>channel) << 1));
  return v128.load(keysOf(args) + ((<usize>(token * channelsOf(args) + channel)) << 2));
}

/** The scales and minima of four channels in a group of tokens. */
function keyScaleWords(args: usize, group: i32, channel: i32): v128 {
  const first = group * groupOf(args);
  const last = min(first + groupOf(args), tokensOf(args));
  let low = f32x4.splat(LARGEST);
  let high = f32x4.splat(-LARGEST);
  for (let token = max(first, skipOf(args)); token < last; token++) {
    const values = keysAt(args, token, channel);
    low = f32x4.pmin(low, values);
    high = f32x4.pmax(high, values);
  }
  return scaleWords(low, high, bitsOf(args));
}

/** The word of a scale and a minimum for four groups, which is 0 for a group of which every token is skipped. */
function scaleWords(low: v128, high: v128, bits: i32): v128 {
  const minimum = floatsToHalves(low);
  const range = f32x4.pmax(f32x4.splat(0), f32x4.sub(high, halvesToFloats(minimum)));
  const scale = floatsToHalves(f32x4.mul(range, f32x4.splat(<f32>1 / <f32>((1 << bits) - 1))));
  return v128.andnot(v128.or(scale, i32x4.shl(minimum, 16)), f32x4.gt(low, high));
}

/** 1 / scale of four scale words, and 0 where the scale is. */
function inverseScales(words: v128): v128 {
  const scale = halvesToFloats(v128.and(words, i32x4.splat(0xffff)));
  const inverse = f32x4.div(f32x4.splat(1), scale);
  return v128.andnot(inverse, f32x4.eq(scale, f32x4.splat(0)));
}

function minima(words: v128): v128 {
  return halvesToFloats(i32x4.shr_u(words, 16));
}

/** The codes of four numbers. */
function codesOf(values: v128, minimum: v128, inverse: v128, most: v128): v128 {
  const steps = f32x4.nearest(f32x4.mul(f32x4.sub(values, minimum), inverse));
  return i32x4.trunc_sat_f32x4_s(f32x4.pmin(most, f32x4.pmax(f32x4.splat(0), steps)));
}

/** Packs the codes of a group of four channels, and zeros behind the last token. */
function packKeys(args: usize, group: i32, channel: i32, scaleWords: v128): void {
  const bits = bitsOf(args);
  const most = f32x4.splat(<f32>((1 << bits) - 1));
  const minimum = minima(scaleWords);
  const inverse = inverseScales(scaleWords);
  const first = group * groupOf(args);
  const last = min(first + groupOf(args), tokensOf(args));
  const padded = parts(last, BLOCK) * BLOCK;
  let to = keyCodesAt(args, first / BLOCK) + ((<usize>channel) << 2);
  let words = i32x4.splat(0);
  let filled = 0;
  for (let token = first; token < padded; token++) {
    let code = i32x4.splat(0);
    if (token < last) code = codesOf(keysAt(args, token, channel), minimum, inverse, most);
    words = v128.or(words, i32x4.shl(code, filled));
    filled += bits;
    if (filled < 32) continue;
    v128.store(to, words);
    to += (<usize>channelsOf(args)) << 2;
    filled -= 32;
    // The bits that did not fit into the last word.
    words = filled > 0 ? i32x4.shr_u(code, bits - filled) : i32x4.splat(0);
  }
}

function codeValues(args: usize, first: i32): void {
  const last = min(first + TOKEN_SPAN, tokensOf(args));
  const groups = parts(channelsOf(args), groupOf(args));
  for (let token = first; token < last; token++)
    for (let group = 0; group < groups; group++) codeValueGroup(args, token, group);
}

function codeValueGroup(args: usize, token: i32, group: i32): void {
  const first = group * groupOf(args);
  const last = min(first + groupOf(args), channelsOf(args));
  const values = rowAt(args, token) + ((<usize>channelsOf(args)) << 1);
  let low = f32x4.splat(LARGEST);
  let high = f32x4.splat(-LARGEST);
  for (let channel = first; channel < last; channel += 4) {
    const four = loadHalves(values + ((<usize>channel) << 1));
    low = f32x4.pmin(low, four);
    high = f32x4.pmax(high, four);
  }
  const words = scaleWords(leastOf(low), f32x4.neg(leastOf(f32x4.neg(high))), bitsOf(args));
  v128.store32_lane(valueScalesAt(args, token) + ((<usize>group) << 2), words, 0);
  packValues(args, token, first, last, words);
}

/** The least of four numbers, four times. */
function leastOf(values: v128): v128 {
  const two = f32x4.pmin(values, i32x4.shuffle(values, values, 2, 3, 0, 1));
  return f32x4.pmin(two, i32x4.shuffle(two, two, 1, 0, 3, 2));
}

/** Packs the codes of a group of one token, and zeros behind the last channel. */
function packValues(args: usize, token: i32, first: i32, last: i32, scaleWords: v128): void {
  const bits = bitsOf(args);
  const most = f32x4.splat(<f32>((1 << bits) - 1));
  const minimum = minima(scaleWords);
  const inverse = inverseScales(scaleWords);
  const padded = parts(last, BLOCK) * BLOCK;
  const values = rowAt(args, token) + ((<usize>channelsOf(args)) << 1);
  let to = valueCodesAt(args, token) + ((<usize>((first / BLOCK) * bits)) << 2);
  let packed: u64 = 0;
  let filled = 0;
  for (let channel = first; channel < padded; channel += 4) {
    if (channel < last) {
      const four = loadHalves(values + ((<usize>channel) << 1));
      const codes = codesOf(four, minimum, inverse, most);
      packed |= (<u64>joined(codes, bits)) << filled;
    }
    filled += 4 * bits;
    if (filled < 32) continue;
    store<u32>(to, <u32>packed);
    to += 4;
    packed >>= 32;
    filled -= 32;
  }
}

/** Four codes side by side, the first in the lowest bits. */
function joined(codes: v128, bits: i32): u32 {
  return (
    i32x4.extract_lane(codes, 0) |
    (i32x4.extract_lane(codes, 1) << bits) |
    (i32x4.extract_lane(codes, 2) << (2 * bits)) |
    (i32x4.extract_lane(codes, 3) << (3 * bits))
  );
}
