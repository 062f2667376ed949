/** Tells those who wait that something has changed. What has changed, they have to look up themselves. */
export class ChangeSignal {
  #next = pending();

  /** Resolves at the next call of `notify`. */
  changed(): Promise<void> {
    return this.#next.promise;
  }

  notify(): void {
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
