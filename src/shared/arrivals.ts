import { Bell } from "./bell.ts";

/** A queue for one reader: items come by calls and are read by `for await`, in the same order. */
export class Arrivals<Item> implements AsyncIterable<Item> {
  readonly #items: Item[] = [];
  readonly #bell = new Bell();
  #hasEnded = false;

  add(item: Item): void {
    this.#items.push(item);
    this.#bell.ring();
  }

  /** Nothing more comes. What has come is still read. */
  end(): void {
    this.#hasEnded = true;
    this.#bell.ring();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (;;) {
      yield* this.#items.splice(0);
      if (this.#items.length > 0) continue;
      if (this.#hasEnded) return;
      await this.#bell.rung();
    }
  }
}
