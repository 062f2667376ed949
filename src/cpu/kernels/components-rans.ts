import { address, word } from "./words";

const LANES: i32 = 32;
const PRECISION_BITS: i32 = 12;
const SLOT_MASK: i32 = 4095;
const CLASSES: i32 = 16;
/** Words of the parameters before those of the streams, and words of one stream. */
const HEADER: i32 = 4;
const STREAM: i32 = 8;
/** Bytes of the patterns in scratch, before the states. */
const PATTERNS: usize = 256;

/**
 * shaders/transform/decode-components-rans.wgsl, four lanes at a time. An item is a stream. Words past the end of
 * the block or of the stream are 0, and no code is written past the end of the codes.
 *
 * Words: addresses of block, params, tables and codes; 16-bit words of the block; numbers of the codes.
 */
export function decodeRans(args: usize, start: i32, end: i32, scratch: usize): void {
  const block = address(args, 0);
  const params = address(args, 1);
  const tables = address(args, 2);
  const codes = address(args, 3);
  const words = word(args, 4);
  const size = word(args, 5);
  const tokens = word(params, 0);
  const states = scratch + PATTERNS;
  const firstState = params + ((<usize>word(params, 1)) << 2);
  const classes = params + ((<usize>word(params, 2)) << 2);
  writePatterns(scratch);
  for (let item = start; item < end; item++) {
    const stream = params + ((<usize>(HEADER + item * STREAM)) << 2);
    const lastWord = block + ((<usize>min(word(stream, 3), words)) << 1);
    let pointer = block + ((<usize>word(stream, 2)) << 1);
    let refills = word(stream, 4);
    memory.copy(states, firstState + ((<usize>(item * LANES)) << 2), LANES << 2);
    const last = min(word(stream, 1), size / tokens);
    for (let live = word(stream, 0); live < last; live++) {
      const kind = min(<u32>(word(classes, live) - 1), <u32>(CLASSES - 2));
      const table = tables + ((<usize>kind) << (PRECISION_BITS + 2));
      let to = codes + ((<usize>(live * tokens)) << 2);
      for (let token = 0; token < tokens; token += LANES) {
        if (refills-- <= 0) step(table, states, to);
        else if (pointer + (LANES << 1) <= lastWord)
          pointer = refillingStep(table, states, to, pointer, scratch);
        else pointer = lastStep(table, states, to, pointer, lastWord);
        to += LANES << 2;
      }
    }
    writeEscapes(params, stream, codes, size);
  }
}

/**
 * For each set of four lanes that need a word, how the next words are moved to them: [16, 16] indices of bytes. An index
 * beyond the words gives 0.
 */
function writePatterns(to: usize): void {
  for (let set = 0; set < 16; set++) {
    let next = 0;
    for (let lane = 0; lane < 4; lane++) {
      const needs = (set >> lane) & 1;
      store<u32>(to, needs ? 0x80800000 | ((next + 1) << 8) | next : 0x80808080);
      next += needs << 1;
      to += 4;
    }
  }
}

/** What the table says about four states. */
function slotsOf(table: usize, state: v128): v128 {
  const places = i32x4.shl(v128.and(state, i32x4.splat(SLOT_MASK)), 2);
  let slots = v128.load32_zero(table + <usize>i32x4.extract_lane(places, 0));
  slots = v128.load32_lane(table + <usize>i32x4.extract_lane(places, 1), slots, 1);
  slots = v128.load32_lane(table + <usize>i32x4.extract_lane(places, 2), slots, 2);
  return v128.load32_lane(table + <usize>i32x4.extract_lane(places, 3), slots, 3);
}

/** Four states after their codes were taken off. */
function stateAfter(state: v128, slots: v128): v128 {
  const mask = i32x4.splat(SLOT_MASK);
  const frequency = i32x4.add(v128.and(slots, mask), i32x4.splat(1));
  const place = v128.and(i32x4.shr_u(slots, PRECISION_BITS), mask);
  return i32x4.add(i32x4.mul(frequency, i32x4.shr_u(state, PRECISION_BITS)), place);
}

/** The codes of four slots, as f32. */
function storeCodes(to: usize, slots: v128): void {
  v128.store(to, f32x4.convert_i32x4_s(i32x4.shr_s(slots, 24)));
}

/** Decodes a code of each lane. No lane takes a word. */
function step(table: usize, states: usize, to: usize): void {
  for (let four = 0; four < LANES; four += 4) {
    const state = v128.load(states);
    const slots = slotsOf(table, state);
    storeCodes(to, slots);
    v128.store(states, stateAfter(state, slots));
    states += 16;
    to += 16;
  }
}

/** Decodes a code of each lane, with at least 32 words left. @returns where the next word is */
function refillingStep(
  table: usize,
  states: usize,
  to: usize,
  pointer: usize,
  patterns: usize,
): usize {
  for (let four = 0; four < LANES; four += 4) {
    const before = v128.load(states);
    const slots = slotsOf(table, before);
    storeCodes(to, slots);
    const state = stateAfter(before, slots);
    const needs = i32x4.eq(i32x4.shr_u(state, 16), i32x4.splat(0));
    const set = <usize>i32x4.bitmask(needs);
    const words = i8x16.swizzle(v128.load64_zero(pointer), v128.load(patterns + (set << 4)));
    v128.store(states, v128.bitselect(v128.or(i32x4.shl(state, 16), words), state, needs));
    pointer += (<usize>popcnt(set)) << 1;
    states += 16;
    to += 16;
  }
  return pointer;
}

/** Decodes a code of each lane, where words may end. Those past the end are 0. @returns as `refillingStep` */
function lastStep(table: usize, states: usize, to: usize, pointer: usize, lastWord: usize): usize {
  for (let lane = 0; lane < LANES; lane++) {
    const before = load<u32>(states);
    const slot = load<u32>(table + (((<usize>before) & SLOT_MASK) << 2));
    store<f32>(to, <f32>((<i32>slot) >> 24));
    const frequency = (slot & SLOT_MASK) + 1;
    let state = frequency * (before >> PRECISION_BITS) + ((slot >> PRECISION_BITS) & SLOT_MASK);
    if (state < 65536) {
      state = (state << 16) | (pointer < lastWord ? <u32>load<u16>(pointer) : 0);
      pointer += 2;
    }
    store<u32>(states, state);
    states += 4;
    to += 4;
  }
  return pointer;
}

/** Replaces the codes of a stream that no symbol stands for. */
function writeEscapes(params: usize, stream: usize, codes: usize, size: i32): void {
  const first = params + ((<usize>word(params, 3)) << 2);
  const last = word(stream, 6);
  for (let i = word(stream, 5); i < last; i++) {
    const place = <u32>word(first, 2 * i);
    if (place < <u32>size) store<f32>(codes + ((<usize>place) << 2), <f32>word(first, 2 * i + 1));
  }
}
