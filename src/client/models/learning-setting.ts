import { ObservableValue } from "../observable-value.ts";

const KEY = "rekindle.learning";
const OFF = "off";

/**
 * Whether the device may learn from what is chatted how to store a model's memory in less room. It is kept in
 * `localStorage`, because the engine has to know it before its first turn has ended.
 */
export class LearningSetting {
  readonly #isOn = new ObservableValue(keptChoice());

  readonly getSnapshot = (): boolean => this.#isOn.getSnapshot();

  readonly subscribe = (listener: () => void): (() => void) => this.#isOn.subscribe(listener);

  /** Holds from now on, in this visit and in later ones. */
  choose(isOn: boolean): void {
    this.#isOn.set(isOn);
    try {
      if (isOn) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, OFF);
    } catch {
      // Storage is blocked or full. This visit knows the choice all the same.
    }
  }

  /** Takes over what another tab has chosen. */
  reread(): void {
    const isOn = keptChoice();
    if (isOn !== this.getSnapshot()) this.#isOn.set(isOn);
  }
}

function keptChoice(): boolean {
  try {
    return localStorage.getItem(KEY) !== OFF;
  } catch {
    return true;
  }
}
