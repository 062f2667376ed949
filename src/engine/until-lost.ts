import type { Device } from "../device/device.ts";
import { EngineError } from "../shared/engine-error.ts";
import { orLasting } from "../shared/or-lasting.ts";

/** How long a failed turn waits to learn that its device was lost. */
const LOSS_GRACE_MS = 1000;

/**
 * What the work gives, or `device-lost`. Calls to a lost device fail in any way, or never settle: what
 * is told then is the loss.
 */
export async function untilLost<T>(device: Device, work: Promise<T>): Promise<T> {
  const done = work.then(
    (value) => ({ value }),
    () => undefined,
  );
  const outcome = await orLasting(done, device.lost);
  if (outcome && "value" in outcome) return outcome.value;
  if (outcome) throw lossOf(outcome);
  // The work has failed: either it is a failure of its own, or the loss is about to be reported.
  const grace = new Promise<undefined>((resolve) => setTimeout(resolve, LOSS_GRACE_MS));
  const error = await work.catch((cause: unknown) => cause);
  if (error instanceof EngineError) throw error;
  const loss = await orLasting(grace, device.lost);
  throw loss ? lossOf(loss) : error;
}

const lossOf = ({ message }: { readonly message: string }): EngineError =>
  new EngineError({ code: "device-lost", message });
