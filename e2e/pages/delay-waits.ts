type Wait = (...args: unknown[]) => Promise<void>;

/** Runs in a worker, so it refers to nothing outside itself. What it replaced it keeps: 0 puts it back. */
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
