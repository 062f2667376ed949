/** @file The place that chooses what a model runs on. Nothing else of the engine asks which device it has. */

import { requestProcessor } from "../cpu/request-processor.ts";
import type { StartThread } from "../cpu/thread-pool.ts";
import type { Hardware } from "../device/device.ts";
import { requestGpu } from "../gpu/request-gpu.ts";
import type { DeviceChoice, DeviceKind } from "../protocol/engine-api.ts";
import { EngineError } from "../shared/engine-error.ts";

interface DeviceTerms {
  choice: DeviceChoice;
  /** What was lost, if a device was: the browser may need a moment until it has an adapter again. */
  lost: DeviceKind | undefined;
  /** Starts a further thread of the processor. Without it, there is one. */
  startThread: StartThread | undefined;
}

/** How long after a loss the browser is asked again for its adapter, each time. */
const RETRY_DELAYS_MS = [250, 500, 1000, 2000];

/**
 * Opens a device.
 *
 * - `gpu`: any adapter of WebGPU, also software.
 * - `processor`: WebAssembly.
 * - `auto`: an adapter that is not software, or else the processor, or else, where there is no WebAssembly with SIMD,
 *   any adapter.
 *
 * @throws EngineError `webgpu-unavailable` for `gpu`, and else `processor-unavailable`
 */
export async function openDevice({ choice, lost, startThread }: DeviceTerms): Promise<Hardware> {
  if (choice === "processor") return openProcessor(startThread);
  const isSoftwareGood = choice === "gpu";
  const gpu = await gpuOrFailure(isSoftwareGood, lost === "gpu" ? RETRY_DELAYS_MS : []);
  if (!(gpu instanceof EngineError)) return gpu;
  if (choice === "gpu") throw gpu;
  try {
    return await openProcessor(startThread);
  } catch (error) {
    const software = await gpuOrFailure(true, []);
    if (software instanceof EngineError) throw error;
    return software;
  }
}

async function openProcessor(startThread: StartThread | undefined): Promise<Hardware> {
  try {
    return await requestProcessor(startThread);
  } catch (cause) {
    throw new EngineError({ code: "processor-unavailable" }, { cause });
  }
}

async function gpuOrFailure(
  isSoftwareGood: boolean,
  delaysMs: readonly number[],
): Promise<Hardware | EngineError> {
  for (const delayMs of [...delaysMs, undefined]) {
    try {
      return await requestGpu({ isSoftwareGood });
    } catch (error) {
      if (delayMs === undefined && error instanceof EngineError) return error;
      if (delayMs === undefined) throw error;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
  throw new Error("invariant: the last attempt returns or throws");
}
