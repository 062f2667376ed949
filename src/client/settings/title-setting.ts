import { keptItem, keepItem } from "../kept-item.ts";
import { ObservableValue } from "../observable-value.ts";

const KEY = "rekindle.titles-in-tab";

/** Whether the tab, and with it the browser's history, is named after the conversation that is open. */
export class TitleSetting {
  readonly #isShown = new ObservableValue(keptItem(KEY) !== false);

  readonly getSnapshot = (): boolean => this.#isShown.getSnapshot();

  readonly subscribe = (listener: () => void): (() => void) => this.#isShown.subscribe(listener);

  choose(isShown: boolean): void {
    this.#isShown.set(isShown);
    keepItem(KEY, isShown ? undefined : false);
  }
}
