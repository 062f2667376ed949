import type { Device } from "../../../device/device.ts";
import { orAborted } from "../../../shared/or-aborted.ts";
import { orLasting } from "../../../shared/or-lasting.ts";

/** Resolves when the GPU has done what was submitted, or is lost, or when a signal is aborted. */
export async function gpuDone(device: Device, signals: readonly AbortSignal[]): Promise<void> {
  const done = orLasting<unknown, unknown>(device.queue.onSubmittedWorkDone(), device.lost);
  await orAborted(
    done.catch(() => undefined),
    AbortSignal.any([...signals]),
  );
}
