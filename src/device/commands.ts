import type { CommandEncoder, Device } from "./device.ts";
import type { BoundKernel, Grid } from "./kernel.ts";

/** One dispatch: a kernel bound to its buffers, and the grid it takes for a given size. */
export interface Stage<Size extends readonly unknown[] = []> {
  bound: BoundKernel;
  grid: (...size: Size) => Grid;
}

/** Record one pass that dispatches the stages in their order. */
export function dispatchAll<Size extends readonly unknown[]>(
  encoder: CommandEncoder,
  stages: readonly Stage<Size>[],
  ...size: Size
): void {
  encoder.dispatch(stages.map(({ bound, grid }) => ({ bound, grid: grid(...size) })));
}

/** Submit what `record` records as one command buffer; do not wait for it. @returns what `record` does */
export function submit<T>(device: Device, record: (encoder: CommandEncoder) => T): T {
  return device.submit(record);
}
