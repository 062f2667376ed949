import { compileKernels } from "virtual:processor-kernels";
import type { Hardware } from "../device/device.ts";
import { PROCESSOR_ADAPTER, ProcessorDevice } from "./processor-device.ts";
import { ProcessorMemory } from "./processor-memory.ts";
import { bufferStart, ThreadPool, type StartThread } from "./thread-pool.ts";

/** How many threads are of use: one core is left for the page, but where there are two, both are used. */
export const threadCount = (cores: number): number =>
  Math.min(cores, Math.max(2, cores - 1), MOST_THREADS);

/** More threads wait for memory, and for each other. */
const MOST_THREADS = 8;

/**
 * The processor as a device, with its kernels compiled and its threads started.
 *
 * @param startThread starts further threads. Without it, or where the page is not isolated, there is one.
 */
export async function requestProcessor(
  startThread?: StartThread,
  cores?: number,
): Promise<Hardware> {
  const isShared = startThread !== undefined && globalThis.crossOriginIsolated;
  const threads = isShared ? threadCount(cores ?? navigator.hardwareConcurrency) : 1;
  const module = await compileKernels(isShared);
  const memory = new ProcessorMemory(isShared, bufferStart(threads));
  const made: { device?: ProcessorDevice } = {};
  const others = startThread && {
    count: threads - 1,
    start: startThread,
    onFail: (reason: string) => made.device?.fail(`A thread of the processor failed: ${reason}`),
  };
  const pool = new ThreadPool(module, memory, isShared ? others : undefined);
  const device = new ProcessorDevice(memory, pool);
  made.device = device;
  return { device, adapter: PROCESSOR_ADAPTER, kind: "processor", threads };
}
