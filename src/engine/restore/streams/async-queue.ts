import { ChangeSignal } from "./change-signal.ts";

/** A queue with one reader. Items are added by calls, and read by `for await` in the same order. */
export class AsyncQueue<Item> implements AsyncIterable<Item> {
  readonly #items: Item[] = [];
  readonly #signal = new ChangeSignal();
  #hasEnded = false;

  add(item: Item): void {
    this.#items.push(item);
    this.#signal.notify();
  }

  /** Says that nothing more comes. What has come is still read. */
  end(): void {
    this.#hasEnded = true;
    this.#signal.notify();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (;;) {
      yield* this.#items.splice(0);
      if (this.#items.length > 0) continue;
      if (this.#hasEnded) return;
      await this.#signal.changed();
    }
  }
}
