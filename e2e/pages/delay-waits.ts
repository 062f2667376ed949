type Wait = (...args: unknown[]) => Promise<void>;

/**
 * Delays what a worker waits for. It runs in the worker, so it refers to nothing outside itself. It keeps what it has
 * replaced, and a delay of 0 puts that back.
 */
export function delayWaits(delayMs: number): void {
  const waits = [
    [GPUBuffer.prototype, "mapAsync"],
    [GPUQueue.prototype, "onSubmittedWorkDone"],
  ] as const;
  const scope = globalThis as { undelayed?: Wait[] };
  const undelayed = (scope.undelayed ??= waits.map(([of, name]) => Reflect.get(of, name) as Wait));
  for (const [i, [of, name]] of waits.entries()) {
    const wait = undelayed[i];
    async function waitLonger(this: unknown, ...args: unknown[]) {
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await wait?.apply(this, args);
    }
    Reflect.set(of, name, delayMs === 0 ? wait : waitLonger);
  }
}
