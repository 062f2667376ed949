import { ObservableValue } from "../observable-value.ts";

const KEY = "rekindle.better-model";
const DECLINED = "declined";

/** Whether a person does not want to hear again that this device could run a larger model. */
export class DeclinedOffer {
  readonly #isDeclined = new ObservableValue(wasDeclined());

  readonly getSnapshot = (): boolean => this.#isDeclined.getSnapshot();

  readonly subscribe = (listener: () => void): (() => void) => this.#isDeclined.subscribe(listener);

  /** Holds in this visit and in later ones. */
  decline(): void {
    this.#isDeclined.set(true);
    try {
      localStorage.setItem(KEY, DECLINED);
    } catch {
      // Storage is blocked or full. The next visit offers it again.
    }
  }
}

function wasDeclined(): boolean {
  try {
    return localStorage.getItem(KEY) === DECLINED;
  } catch {
    return false;
  }
}
