import type { Grid } from "../device/kernel.ts";
import type { MemoryRange, ProcessorMemory } from "./processor-memory.ts";

/**
 * Runs a kernel of the WebAssembly module (`src/cpu/kernels/index.ts`), shared by all threads, and waits for it.
 *
 * @param kernel the name of its export
 * @param words its arguments, at most 48 integers: addresses, counts, or the bits of numbers
 * @param items how many items it has
 * @param grain how many of them a thread takes at a time
 */
export type RunKernel = (
  kernel: string,
  words: readonly number[],
  items: number,
  grain?: number,
) => void;

/** What a kernel is made for. */
export interface KernelRequest {
  constants: Readonly<Record<string, number | boolean>>;
  options: Readonly<Record<string, string | number | boolean>>;
  /** Where the buffers lie, by the names of their bindings. */
  buffers: Readonly<Record<string, MemoryRange>>;
  memory: ProcessorMemory;
}

/** One dispatch, run to its end. What uniforms hold is known now, and not before. */
export type Dispatch = (grid: Grid, run: RunKernel) => void;

/** A kernel on the processor: it binds what a dispatch needs, and computes what the WGSL of the same name computes. */
export type ProcessorKernel = (request: KernelRequest) => Dispatch;

const number = new DataView(new ArrayBuffer(4));

/** The bits of an f32, as kernels take them among their words. */
export function bitsOf(value: number): number {
  number.setFloat32(0, value);
  return number.getInt32(0);
}
