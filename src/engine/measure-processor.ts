import { requestProcessor } from "../cpu/request-processor.ts";
import type { StartThread } from "../cpu/thread-pool.ts";
import type { Hardware } from "../device/device.ts";
import { measureProducts } from "../model/forward/measure-products.ts";
import type { ProcessorSpeed } from "../protocol/engine-processor.ts";

/** What the processor multiplies in a millisecond. Undefined where models cannot run on it. */
export async function measureProcessor(
  startThread: StartThread | undefined,
): Promise<ProcessorSpeed | undefined> {
  let hardware: Hardware;
  try {
    hardware = await requestProcessor(startThread);
  } catch {
    return undefined;
  }
  try {
    const weightsPerMs = await measureProducts(hardware);
    return { threads: hardware.threads ?? 1, weightsPerMs };
  } finally {
    hardware.device.destroy();
  }
}
