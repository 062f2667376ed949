/** @file Reading the quantized blocks of GGUF files. Addresses may be odd. `src/shared/gguf-blocks.ts` has the same in plain loops. */

const Q4_0: i32 = 0;
const Q4_1: i32 = 1;
const Q5_0: i32 = 2;
const Q5_1: i32 = 3;
const Q8_0: i32 = 4;
export const Q4_K: i32 = 5;
const Q5_K: i32 = 6;
const Q6_K: i32 = 7;

/** The columns of a block. */
export function blockColumns(type: i32): i32 {
  return type >= Q4_K ? 256 : 32;
}

export function blockBytes(type: i32): i32 {
  switch (type) {
    case Q4_0:
      return 18;
    case Q4_1:
      return 20;
    case Q5_0:
      return 22;
    case Q5_1:
      return 24;
    case Q8_0:
      return 34;
    case Q4_K:
      return 144;
    case Q5_K:
      return 176;
    default:
      return 210;
  }
}

/** The code that stands for the minimum. */
export function zeroCode(type: i32): i32 {
  switch (type) {
    case Q4_0:
      return 8;
    case Q5_0:
      return 16;
    case Q8_0:
      return 128;
    case Q6_K:
      return 32;
    default:
      return 0;
  }
}

/** The codes of sixteen columns of a block, one to a byte. @param column in the block, a multiple of 16 */
export function codes16(type: i32, block: usize, column: i32): v128 {
  switch (type) {
    case Q4_0:
      return nibbles(v128.load(block + 2), column >> 4);
    case Q4_1:
      return nibbles(v128.load(block + 4), column >> 4);
    case Q5_0:
      return v128.or(nibbles(v128.load(block + 6), column >> 4), fifthBits(block + 2, column));
    case Q5_1:
      return v128.or(nibbles(v128.load(block + 8), column >> 4), fifthBits(block + 4, column));
    case Q8_0:
      return v128.xor(v128.load(block + 2 + column), i8x16.splat(-128));
    case Q6_K:
      return codes6(block, column);
    default:
      return codesK(type, block, column);
  }
}

/** The lower nibble of each byte, or the upper one. */
function nibbles(bytes: v128, upper: i32): v128 {
  return v128.and(i16x8.shr_u(bytes, upper << 2), i8x16.splat(15));
}

/** The bits of sixteen columns among those of 32, each as the fifth bit of a byte. */
function fifthBits(at: usize, column: i32): v128 {
  const bits = i16x8.splat(load<i16>(at + (column >> 3)));
  const spread = i8x16.shuffle(bits, bits, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
  const each = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  return v128.and(i8x16.eq(v128.and(spread, each), each), i8x16.splat(16));
}

/** Q4_K and Q5_K: groups of 32 columns, of which two share their nibbles' bytes. Before them, Q5_K has the fifth bits. */
function codesK(type: i32, block: usize, column: i32): v128 {
  const group = column >> 5;
  const inside = column & 31;
  const begin = block + (type == Q5_K ? 48 : 16);
  const low = nibbles(v128.load(begin + ((group >> 1) << 5) + inside), group & 1);
  if (type == Q4_K) return low;
  const high = i16x8.shr_u(v128.load(block + 16 + inside), group);
  return v128.or(low, i16x8.shl(v128.and(high, i8x16.splat(1)), 4));
}

/** Q6_K: in each half of 128 columns four runs of 32, of which two share their nibbles' bytes, and all the upper bits'. */
function codes6(block: usize, column: i32): v128 {
  const side = column >> 7;
  const run = (column >> 5) & 3;
  const inside = column & 31;
  const low = nibbles(v128.load(block + (side << 6) + ((run & 1) << 5) + inside), run >> 1);
  const pairs = i16x8.shr_u(v128.load(block + 128 + (side << 5) + inside), run << 1);
  return v128.or(low, i16x8.shl(v128.and(pairs, i8x16.splat(3)), 4));
}

/**
 * The f16 of a block: the scale's bits in the lower half and the minimum's in the upper, 0 where it has none. What the
 * minimum's stands for is added.
 */
export function pairOf(type: i32, block: usize): u32 {
  switch (type) {
    case Q4_1:
    case Q5_1:
      return load<u32>(block);
    case Q4_K:
    case Q5_K:
      return load<u32>(block) ^ 0x80000000;
    case Q6_K:
      return load<u16>(block + 208);
    default:
      return load<u16>(block);
  }
}

/** The signed factors of a column's group: the scale's in the lowest byte, then the minimum's. */
export function groupBytes(type: i32, block: usize, column: i32): u32 {
  if (type < Q4_K) return 0x0101;
  if (type == Q6_K) return load<u8>(block + 192 + (column >> 4));
  const group = column >> 5;
  const factors = block + 4 + group;
  if (group < 4) return (load<u8>(factors) & 63) | ((<u32>(load<u8>(factors + 4) & 63)) << 8);
  const low = <u32>load<u8>(factors + 4);
  const scale = (low & 15) | (((<u32>load<u8>(factors - 4)) >> 6) << 4);
  const minimum = (low >> 4) | (((<u32>load<u8>(factors)) >> 6) << 4);
  return scale | (minimum << 8);
}
