import type { DeviceBuffer, CommandEncoder } from "./device.ts";
import { dispatchAll, submit, type Stage } from "./commands.ts";
import { bindKernel, compileKernel, type Grid, type KernelSource } from "./kernel.ts";
import type { DeviceHarness } from "./testing.ts";

/** Dispatches to be timed together. */
export type Work = readonly Stage[];

/** Compile and bind a kernel for a benchmark. */
export async function prepareWork<B extends string>(
  { device }: DeviceHarness,
  source: KernelSource<B>,
  buffers: Record<B, DeviceBuffer>,
  grid: Grid,
): Promise<Work> {
  return [
    { bound: bindKernel(device, await compileKernel(device, source), buffers), grid: () => grid },
  ];
}

/** Submit the work as one pass; do not wait for it. @param after records more commands behind the pass */
export function submitWork(
  { device }: DeviceHarness,
  work: Work,
  after: (encoder: CommandEncoder) => void = () => undefined,
): void {
  submit(device, (encoder) => {
    dispatchAll(encoder, work);
    after(encoder);
  });
}

/** Submit the work, repeated `times` times in one pass, and wait for it. */
export async function runWork(hardware: DeviceHarness, work: Work, times = 1): Promise<void> {
  submitWork(hardware, Array.from({ length: times }, () => work).flat());
  await hardware.device.queue.onSubmittedWorkDone();
}
