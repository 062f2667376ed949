/** How long work may go on until whatever else waits in this thread gets its turn. */
const SLICE_MS = 8;

/**
 * Work that is done in its order, a slice at a time. Between slices the thread's other events are handled: messages that
 * stop a reply, and answers of the store.
 */
export class WorkQueue {
  #waiting: (() => void)[] = [];
  #next = 0;
  #isScheduled = false;
  #sliceBegan = performance.now();
  readonly #onError: (error: unknown) => void;

  /** @param onError called with what a piece of work throws; all that waits is dropped */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get isEmpty(): boolean {
    return this.#next === this.#waiting.length;
  }

  add(work: () => void): void {
    this.#waiting.push(work);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    if (performance.now() - this.#sliceBegan < SLICE_MS) queueMicrotask(this.#run);
    else this.#continueLater();
  }

  drop(): void {
    this.#waiting = [];
    this.#next = 0;
  }

  #continueLater(): void {
    afterOtherEvents(() => {
      this.#sliceBegan = performance.now();
      this.#run();
    });
  }

  readonly #run = (): void => {
    try {
      for (let work = this.#take(); work; work = this.#take()) {
        work();
        if (performance.now() - this.#sliceBegan < SLICE_MS) continue;
        if (this.isEmpty) break;
        this.#continueLater();
        return;
      }
    } catch (error) {
      this.drop();
      this.#onError(error);
    }
    this.#isScheduled = false;
    if (this.isEmpty) this.drop();
  };

  #take(): (() => void) | undefined {
    const work = this.#waiting[this.#next];
    if (work) this.#next++;
    return work;
  }
}

/** A channel of its own each time: Node hands out what one channel has before it turns to any other event. */
function afterOtherEvents(callback: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(undefined);
}
