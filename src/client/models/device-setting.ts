import type { DeviceChoice } from "../../protocol/engine-api.ts";
import { ObservableValue } from "../observable-value.ts";

/** All that models can be chosen to run on, in the order in which it is offered. */
export const DEVICE_CHOICES = [
  "auto",
  "gpu",
  "processor",
] as const satisfies readonly DeviceChoice[];

const KEY = "rekindle.device";

/**
 * What the person wants models to run on. It is kept in `localStorage`, because the page has to know it before it loads
 * its first model.
 */
export class DeviceSetting {
  readonly #choice: ObservableValue<DeviceChoice>;

  /** @param asked what the page's address asks for; it holds for this visit, until another is chosen */
  constructor(asked?: DeviceChoice) {
    this.#choice = new ObservableValue(asked ?? keptChoice());
  }

  readonly getSnapshot = (): DeviceChoice => this.#choice.getSnapshot();

  readonly subscribe = (listener: () => void): (() => void) => this.#choice.subscribe(listener);

  /** Holds from the next load on, in this visit and in later ones. */
  choose(choice: DeviceChoice): void {
    this.#choice.set(choice);
    try {
      if (choice === "auto") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, choice);
    } catch {
      // Storage is blocked or full. This visit knows the choice all the same.
    }
  }
}

export const isDeviceChoice = (found: unknown): found is DeviceChoice =>
  DEVICE_CHOICES.some((choice) => choice === found);

function keptChoice(): DeviceChoice {
  try {
    const found = localStorage.getItem(KEY);
    return isDeviceChoice(found) ? found : "auto";
  } catch {
    return "auto";
  }
}
