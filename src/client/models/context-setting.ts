import { MAX_CONTEXT_TOKENS } from "../../protocol/runnable-models.ts";
import { ObservableValue } from "../observable-value.ts";

/** The contexts that can be chosen, in tokens. */
export const CONTEXT_CHOICES: readonly number[] = [1024, 2048, MAX_CONTEXT_TOKENS];

const KEY = "rekindle.context";

/**
 * For how many tokens models have room. Less takes less memory, so that larger models fit. It is kept in `localStorage`,
 * because the page has to know it before it loads its first model.
 */
export class ContextSetting {
  readonly #tokens = new ObservableValue(keptChoice());

  readonly getSnapshot = (): number => this.#tokens.getSnapshot();

  readonly subscribe = (listener: () => void): (() => void) => this.#tokens.subscribe(listener);

  /** Holds from the next load on, in this visit and in later ones. @param tokens one of `CONTEXT_CHOICES` */
  choose(tokens: number): void {
    this.#tokens.set(tokens);
    try {
      if (tokens === MAX_CONTEXT_TOKENS) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, String(tokens));
    } catch {
      // Storage is blocked or full. This visit knows the choice all the same.
    }
  }
}

function keptChoice(): number {
  try {
    const found = Number(localStorage.getItem(KEY));
    return CONTEXT_CHOICES.includes(found) ? found : MAX_CONTEXT_TOKENS;
  } catch {
    return MAX_CONTEXT_TOKENS;
  }
}
