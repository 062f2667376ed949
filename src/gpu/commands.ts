import { dispatch, type BoundKernel, type Grid } from "./kernel.ts";

/** One dispatch of a compute pass: a kernel bound to its buffers, and the grid it takes for a given size. */
export interface Stage<Size extends readonly unknown[] = []> {
  bound: BoundKernel;
  grid: (...size: Size) => Grid;
}

/** Record one compute pass that dispatches the stages in their order. */
export function dispatchAll<Size extends readonly unknown[]>(
  encoder: GPUCommandEncoder,
  stages: readonly Stage<Size>[],
  ...size: Size
): void {
  const pass = encoder.beginComputePass();
  for (const { bound, grid } of stages) dispatch(pass, bound, grid(...size));
  pass.end();
}

/** Submit what `record` records as one command buffer; do not wait for it. @returns what `record` does */
export function submit<T>(device: GPUDevice, record: (encoder: GPUCommandEncoder) => T): T {
  const encoder = device.createCommandEncoder();
  const result = record(encoder);
  device.queue.submit([encoder.finish()]);
  return result;
}
