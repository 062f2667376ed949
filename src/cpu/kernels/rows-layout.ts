/** @file The words that the kernels of coded rows take, and how a coded run lies: `shaders/rows/coded-layout.wgsl`. */

import { halvesToFloats } from "./halves";
import { address, word } from "./words";

/** Codes that are packed together. */
export const BLOCK: i32 = 32;
/** Channels of keys that are coded or decoded as one item. */
export const CHANNEL_SPAN: i32 = 64;
/** Tokens whose values are coded or decoded as one item. */
export const TOKEN_SPAN: i32 = 16;

function cacheOf(args: usize): usize {
  return address(args, 0);
}
export function keysOf(args: usize): usize {
  return address(args, 1);
}
function codedOf(args: usize): usize {
  return address(args, 2);
}
export function channelsOf(args: usize): i32 {
  return word(args, 3);
}
export function bitsOf(args: usize): i32 {
  return word(args, 4);
}
export function groupOf(args: usize): i32 {
  return word(args, 5);
}
export function isPreconditioned(args: usize): bool {
  return word(args, 6) != 0;
}
/** The position of the run's first row. */
function startOf(args: usize): i32 {
  return word(args, 7);
}
export function tokensOf(args: usize): i32 {
  return word(args, 8);
}
export function skipOf(args: usize): i32 {
  return word(args, 9);
}

/** The address of a token's keys in the cache. Its values follow. */
export function rowAt(args: usize, token: i32): usize {
  return cacheOf(args) + ((<usize>(startOf(args) + token) * <usize>channelsOf(args)) << 2);
}

/** The address of the words of a block of 32 tokens of keys. */
export function keyCodesAt(args: usize, block: i32): usize {
  return codedOf(args) + ((<usize>(block * bitsOf(args) * channelsOf(args))) << 2);
}

/** The address of the scales of a group of keys. */
export function keyScalesAt(args: usize, group: i32): usize {
  const codes = parts(tokensOf(args), BLOCK) * bitsOf(args) * channelsOf(args);
  return codedOf(args) + ((<usize>(codes + group * channelsOf(args))) << 2);
}

/** The address of the words of a token's values. */
export function valueCodesAt(args: usize, token: i32): usize {
  const first = keyScalesAt(args, parts(tokensOf(args), groupOf(args)));
  return first + ((<usize>(token * parts(channelsOf(args), BLOCK) * bitsOf(args))) << 2);
}

/** The address of the scales of a token's values. */
export function valueScalesAt(args: usize, token: i32): usize {
  const first = valueCodesAt(args, tokensOf(args));
  return first + ((<usize>(token * parts(channelsOf(args), groupOf(args)))) << 2);
}

/** How many parts of a size something has, the last of which may be shorter. */
export function parts(whole: i32, size: i32): i32 {
  return (whole + size - 1) / size;
}

/** The numbers of four f16 in the lower halves of words. Infinities and NaN count as the largest finite number. */
export function finiteHalves(words: v128): v128 {
  const size = i32x4.min_u(v128.and(words, i32x4.splat(0x7fff)), i32x4.splat(0x7bff));
  return halvesToFloats(v128.or(size, v128.and(words, i32x4.splat(0x8000))));
}
