import { asSettings, type ConversationSettings } from "../../protocol/conversation-settings.ts";
import { keptItem, keepItem } from "../kept-item.ts";
import { ObservableValue } from "../observable-value.ts";

const KEY = "rekindle.default-settings";

/** The settings that new conversations begin with. Those that have begun keep their own. */
export class DefaultSettings {
  readonly #settings = new ObservableValue(asSettings(keptItem(KEY)) ?? {});

  readonly getSnapshot = (): ConversationSettings => this.#settings.getSnapshot();

  readonly subscribe = (listener: () => void): (() => void) => this.#settings.subscribe(listener);

  /** Holds from now on, in this visit and in later ones. */
  choose(settings: ConversationSettings): void {
    const checked = asSettings(settings);
    this.#settings.set(checked ?? {});
    keepItem(KEY, checked);
  }
}
