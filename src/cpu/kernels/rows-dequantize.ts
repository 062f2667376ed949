import { storeHalves } from "./halves";
import {
  bitsOf,
  BLOCK,
  CHANNEL_SPAN,
  channelsOf,
  finiteHalves,
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

/**
 * Decodes rows that were coded: x = minimum + code * scale, as `shaders/rows/dequantize-rows.wgsl` does. The first items
 * are keys of 32 tokens in a span of channels, the others values of a span of tokens.
 *
 * Words: see rows-layout.ts.
 */
export function dequantizeRows(args: usize, start: i32, end: i32, scratch: usize): void {
  const spans = parts(channelsOf(args), CHANNEL_SPAN);
  const keyItems = parts(tokensOf(args), BLOCK) * spans;
  for (let item = start; item < end; item++) {
    if (item < keyItems) decodeKeys(args, item / spans, (item % spans) * CHANNEL_SPAN);
    else decodeValues(args, (item - keyItems) * TOKEN_SPAN);
  }
}

function decodeKeys(args: usize, block: i32, first: i32): void {
  const last = min(first + CHANNEL_SPAN, channelsOf(args));
  const scales = keyScalesAt(args, (block * BLOCK) / groupOf(args));
  for (let channel = first; channel < last; channel += 4) {
    const words = v128.load(scales + ((<usize>channel) << 2));
    const scale = finiteHalves(words);
    const minimum = finiteHalves(i32x4.shr_u(words, 16));
    if (isPreconditioned(args)) decodeOwnKeys(args, block, channel, scale, minimum);
    else decodeCachedKeys(args, block, channel, scale, minimum);
  }
}

/** Decodes 32 tokens of four channels into the cache. */
function decodeCachedKeys(args: usize, block: i32, channel: i32, scale: v128, minimum: v128): void {
  const bits = bitsOf(args);
  const mask = i32x4.splat((1 << bits) - 1);
  const stride = (<usize>channelsOf(args)) << 2;
  const first = block * BLOCK;
  const last = min(first + BLOCK, tokensOf(args));
  const skip = skipOf(args);
  let from = keyCodesAt(args, block) + ((<usize>channel) << 2);
  let to = rowAt(args, first) + ((<usize>channel) << 1);
  let words = v128.load(from);
  let bit = 0;
  for (let token = first; token < last; token++) {
    let code = i32x4.shr_u(words, bit);
    bit += bits;
    if (bit >= 32) {
      bit -= 32;
      from += stride;
      words = v128.load(from);
      if (bit > 0) code = v128.or(code, i32x4.shl(words, bits - bit));
    }
    const steps = f32x4.convert_i32x4_s(v128.and(code, mask));
    if (token >= skip) storeHalves(to, f32x4.add(minimum, f32x4.mul(steps, scale)));
    to += stride;
  }
}

/** Decodes 32 tokens of four channels of preconditioned keys. */
function decodeOwnKeys(args: usize, block: i32, channel: i32, scale: v128, minimum: v128): void {
  const bits = bitsOf(args);
  const mask = i32x4.splat((1 << bits) - 1);
  const stride = (<usize>channelsOf(args)) << 2;
  const first = block * BLOCK;
  const last = min(first + BLOCK, tokensOf(args));
  let from = keyCodesAt(args, block) + ((<usize>channel) << 2);
  let to = keysOf(args) + <usize>first * stride + ((<usize>channel) << 2);
  let words = v128.load(from);
  let bit = 0;
  for (let token = first; token < last; token++) {
    let code = i32x4.shr_u(words, bit);
    bit += bits;
    if (bit >= 32) {
      bit -= 32;
      from += stride;
      words = v128.load(from);
      if (bit > 0) code = v128.or(code, i32x4.shl(words, bits - bit));
    }
    const steps = f32x4.convert_i32x4_s(v128.and(code, mask));
    v128.store(to, f32x4.add(minimum, f32x4.mul(steps, scale)));
    to += stride;
  }
}

function decodeValues(args: usize, first: i32): void {
  const last = min(first + TOKEN_SPAN, tokensOf(args));
  for (let token = max(first, skipOf(args)); token < last; token++) decodeTokenValues(args, token);
}

/**
 * Codes stay where they are in their word, and the scale is divided by their place's power of two instead. Products are
 * the same, bit for bit.
 */
function decodeTokenValues(args: usize, token: i32): void {
  const channels = channelsOf(args);
  const group = groupOf(args);
  const bits = bitsOf(args);
  const codes = valueCodesAt(args, token);
  const scales = valueScalesAt(args, token);
  const to = rowAt(args, token) + ((<usize>channels) << 1);
  const all = (1 << bits) - 1;
  const masks = i32x4(all, all << bits, all << (2 * bits), all << (3 * bits));
  const step: f32 = <f32>1 / <f32>(1 << bits);
  const places = bits == 8 ? f32x4.splat(1) : f32x4(1, step, step * step, step * step * step);
  for (let first = 0; first < channels; first += group) {
    const word = i32x4.splat(load<i32>(scales + ((<usize>(first / group)) << 2)));
    const scale = f32x4.mul(finiteHalves(word), places);
    const minimum = finiteHalves(i32x4.shr_u(word, 16));
    const last = min(first + group, channels);
    for (let channel = first; channel < last; channel += 4) {
      const bit = channel * bits;
      const four = load<u32>(codes + ((<usize>bit) >> 3)) >> (bit & 7);
      const steps = bits == 8 ? bytes(four) : v128.and(i32x4.splat(four), masks);
      const values = f32x4.add(minimum, f32x4.mul(f32x4.convert_i32x4_s(steps), scale));
      storeHalves(to + ((<usize>channel) << 1), values);
    }
  }
}

/** The four bytes of a word. */
function bytes(word: u32): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(i32x4.splat(word)));
}
