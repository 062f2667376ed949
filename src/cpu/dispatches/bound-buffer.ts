import { assert } from "../../shared/assert.ts";
import type { KernelRequest } from "../processor-kernel.ts";
import type { MemoryRange } from "../processor-memory.ts";

/** The buffer of a binding. */
export function boundBuffer({ buffers }: KernelRequest, name: string): MemoryRange {
  const range = buffers[name];
  assert(range !== undefined, `no buffer is bound as ${name}`);
  return range;
}

/** A constant of the kernel, or an option, that is a number. */
export function numberOf({ constants, options }: KernelRequest, name: string): number {
  const value = constants[name] ?? options[name];
  assert(typeof value === "number", `${name} is not a number`);
  return value;
}

/** A constant of the kernel, or an option, that is a truth value. */
export function flagOf({ constants, options }: KernelRequest, name: string): boolean {
  const value = constants[name] ?? options[name];
  assert(typeof value === "boolean", `${name} is not a truth value`);
  return value;
}

/** The words of a uniform, as they are now. */
export function uniformWords(
  { memory }: KernelRequest,
  { at }: MemoryRange,
  count: number,
): Uint32Array {
  return memory.words.subarray(at / 4, at / 4 + count);
}
