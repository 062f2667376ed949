/** The part of `Navigator` that is used here. */
interface Waker {
  readonly wakeLock?: Pick<WakeLock, "request">;
}

/** Keeps the screen on while something runs and the page is in sight. Where the browser cannot, nothing happens. */
export class ScreenWakeLock {
  readonly #navigator: Waker;
  readonly #document: Pick<Document, "visibilityState">;
  #isWanted = false;
  #asking: Promise<void> = Promise.resolve();
  #held: Pick<WakeLockSentinel, "release"> | undefined;

  constructor(
    thisNavigator: Waker = navigator,
    thisDocument: Pick<Document, "visibilityState"> = document,
  ) {
    this.#navigator = thisNavigator;
    this.#document = thisDocument;
  }

  /** Is to be called again when the page comes into sight: the browser lets go of the lock of one that is hidden. */
  want(isWanted: boolean): void {
    this.#isWanted = isWanted;
    this.#asking = this.#asking.then(() => this.#adjust()).catch(() => undefined);
  }

  async #adjust(): Promise<void> {
    const isVisible = this.#document.visibilityState === "visible";
    if (!isVisible) this.#held = undefined;
    if (this.#isWanted && isVisible && !this.#held)
      // It is refused where the battery is low, which is a good reason.
      this.#held = await this.#navigator.wakeLock?.request("screen");
    if (!this.#isWanted && this.#held) {
      const held = this.#held;
      this.#held = undefined;
      await held.release();
    }
  }
}
