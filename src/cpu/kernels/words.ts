/** @file Reading the arguments of kernels. */

/** The argument word at an index: an address, a count, or a number's bits. */
export function word(args: usize, index: i32): i32 {
  return load<i32>(args + ((<usize>index) << 2));
}

/** The argument word at an index, as an address. */
export function address(args: usize, index: i32): usize {
  return <usize>load<u32>(args + ((<usize>index) << 2));
}

/** The argument word at an index, as an f32. */
export function float(args: usize, index: i32): f32 {
  return load<f32>(args + ((<usize>index) << 2));
}
