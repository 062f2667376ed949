/** Resolves when the GPU has done what was submitted, or is lost, or when a signal is aborted. */
export async function gpuDone(device: GPUDevice, signals: readonly AbortSignal[]): Promise<void> {
  const done = Promise.race([device.queue.onSubmittedWorkDone(), device.lost]);
  await Promise.race([done.catch(() => undefined), ...signals.map(aborted)]);
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => {
      resolve();
    });
  });
