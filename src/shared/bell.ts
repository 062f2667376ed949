/** Tells whoever waits that something has changed: they look for themselves what it was. */
export class Bell {
  #next = pending();

  /** Resolves the next time it rings. */
  rung(): Promise<void> {
    return this.#next.promise;
  }

  ring(): void {
    const { resolve } = this.#next;
    this.#next = pending();
    resolve();
  }
}

/** Node 20 has no `Promise.withResolvers`. */
function pending(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
