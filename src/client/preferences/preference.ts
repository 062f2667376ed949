import { ObservableValue } from "../observable-value.ts";

interface PreferenceOptions<Value extends string> {
  /** Where it is kept in `localStorage`. */
  key: string;
  /** What holds while nothing else was chosen. It is not kept. */
  first: Value;
  /** Whether something that was found in `localStorage` can be chosen. */
  isValue: (found: string) => found is Value;
}

/**
 * Something that a person prefers about the page, whatever conversation is open. It is kept in `localStorage`, because the
 * page has to know it before it draws anything.
 */
export class Preference<Value extends string> {
  readonly #options: PreferenceOptions<Value>;
  readonly #value: ObservableValue<Value>;

  constructor(options: PreferenceOptions<Value>) {
    this.#options = options;
    this.#value = new ObservableValue(kept(options));
  }

  readonly getSnapshot = (): Value => this.#value.getSnapshot();

  readonly subscribe = (listener: () => void): (() => void) => this.#value.subscribe(listener);

  /** Holds from now on, in this visit and in later ones. */
  choose(value: Value): void {
    const { key, first } = this.#options;
    this.#value.set(value);
    try {
      if (value === first) localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    } catch {
      // Storage is blocked or full. This visit knows the choice all the same.
    }
  }

  /** Takes over what another tab has chosen. */
  reread(): void {
    const value = kept(this.#options);
    if (value !== this.getSnapshot()) this.#value.set(value);
  }
}

function kept<Value extends string>({ key, first, isValue }: PreferenceOptions<Value>): Value {
  try {
    const found = localStorage.getItem(key);
    return found !== null && isValue(found) ? found : first;
  } catch {
    return first;
  }
}
