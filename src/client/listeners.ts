/** Functions that are called after every change, in the order in which they subscribed. */
export class Listeners {
  readonly #listeners = new Set<() => void>();

  /** Returns the function that ends the subscription, as React's `useSyncExternalStore` wants it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
