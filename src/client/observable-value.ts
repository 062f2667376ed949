import { Listeners } from "./listeners.ts";

/** A value that is replaced as a whole, and read by React through `useSyncExternalStore`. */
export class ObservableValue<T> {
  readonly #listeners = new Listeners();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  readonly subscribe = this.#listeners.subscribe;

  readonly getSnapshot = (): T => this.#value;

  set(value: T): void {
    this.#value = value;
    this.#listeners.notify();
  }
}
