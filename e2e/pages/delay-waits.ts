type Wait = (...args: unknown[]) => unknown;

/**
 * Delays what an engine's worker waits for: answers of a GPU, and on the processor its own turn after other events, which
 * it takes by messages of nothing. It runs in the worker, so it refers to nothing outside itself. It keeps what it has
 * replaced, and a delay of 0 puts that back.
 */
export function delayWaits(delayMs: number): void {
  const isTurn = (args: unknown[]) => args.length === 1 && args[0] === undefined;
  const always = () => true;
  const waits: [of: object, name: string, isDelayed: (args: unknown[]) => boolean][] = [
    [MessagePort.prototype, "postMessage", isTurn],
  ];
  if (typeof GPUBuffer === "function")
    waits.push(
      [GPUBuffer.prototype, "mapAsync", always],
      [GPUQueue.prototype, "onSubmittedWorkDone", always],
    );
  const scope = globalThis as { undelayed?: Wait[] };
  const undelayed = (scope.undelayed ??= waits.map(([of, name]) => Reflect.get(of, name) as Wait));
  for (const [i, [of, name, isDelayed]] of waits.entries()) {
    const wait = undelayed[i];
    function waitLonger(this: unknown, ...args: unknown[]): unknown {
      if (!isDelayed(args)) return wait?.apply(this, args);
      const delay = new Promise((resolve) => setTimeout(resolve, delayMs));
      return delay.then(() => wait?.apply(this, args));
    }
    Reflect.set(of, name, delayMs === 0 ? wait : waitLonger);
  }
}
