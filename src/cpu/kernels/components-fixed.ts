import { address, word } from "./words";

/**
 * shaders/transform/decode-components-fixed.wgsl. An item is a component.
 *
 * Words: addresses of block, params and codes.
 */
export function decodeFixed(args: usize, start: i32, end: i32, scratch: usize): void {
  const block = address(args, 0);
  const params = address(args, 1);
  const codes = address(args, 2);
  const tokens = word(params, 0);
  for (let item = start; item < end; item++) {
    const width = word(params, 2 + 2 * item);
    const from = block + ((<usize>word(params, 1 + 2 * item)) << 2);
    // The last four bytes, which hold the last codes whole.
    const last = from + ((<usize>(tokens * width)) >> 3) - 4;
    const above = 32 - width;
    let to = codes + ((<usize>(item * tokens)) << 2);
    let bit = 0;
    for (let token = 0; token < tokens; token++) {
      const at = min(from + ((<usize>bit) >> 3), last);
      const place = bit - ((<i32>(at - from)) << 3);
      // A code has at most 16 bits and begins in the first byte, unless these are the last bytes.
      const code = (<i32>((load<u32>(at) >> place) << above)) >> above;
      store<f32>(to, <f32>code);
      bit += width;
      to += 4;
    }
  }
}
