import { address, word } from "./words";

const WORKGROUP: i32 = 64;
const READS: i32 = 16;

/**
 * Adds up the words of a buffer, modulo 2^32. An item is a workgroup of the kernel in WGSL, and reads what that reads.
 *
 * Words: address of the data, its quads of words, address of the sums.
 */
export function streamRead(args: usize, start: i32, end: i32, scratch: usize): void {
  const data = address(args, 0);
  const quads = word(args, 1);
  const sums = address(args, 2);
  for (let group = start; group < end; group++) {
    const first = group * WORKGROUP * READS;
    const last = min(first + WORKGROUP * READS, quads);
    let sum = i32x4.splat(0);
    for (let quad = first; quad < last; quad++)
      sum = i32x4.add(sum, v128.load(data + ((<usize>quad) << 4)));
    const place = sums + ((<usize>(group * WORKGROUP)) << 2);
    memory.fill(place, 0, WORKGROUP << 2);
    const all =
      i32x4.extract_lane(sum, 0) +
      i32x4.extract_lane(sum, 1) +
      i32x4.extract_lane(sum, 2) +
      i32x4.extract_lane(sum, 3);
    store<i32>(place, all);
  }
}
