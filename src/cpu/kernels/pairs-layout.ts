/** @file The words that the kernels of merged layers begin with: `shaders/pairs/merged-layout.wgsl` says what lies where. */

import { word } from "./words";

/** How many words come before a kernel's own. */
export const OWN: i32 = 6;

export function kvHeadsOf(args: usize): i32 {
  return word(args, 0);
}
export function headDimOf(args: usize): i32 {
  return word(args, 1);
}
/** The position of the run's first row. */
export function startOf(args: usize): i32 {
  return word(args, 2);
}
export function tokensOf(args: usize): i32 {
  return word(args, 3);
}
export function skipOf(args: usize): i32 {
  return word(args, 4);
}
/** How many tokens are kept unmerged. */
export function keptOf(args: usize): i32 {
  return word(args, 5);
}

/** Bytes of a row: keys and values of all heads. */
export function rowBytes(args: usize): usize {
  return (<usize>(kvHeadsOf(args) * headDimOf(args))) << 2;
}
