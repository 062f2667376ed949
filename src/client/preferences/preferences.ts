import { Preference } from "./preference.ts";

/** "system" follows the operating system. */
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** The size of all text, besides what the browser is set to. */
export const TEXT_SIZES = ["small", "normal", "large", "largest"] as const;
export type TextSize = (typeof TEXT_SIZES)[number];

/** What Enter does in the message: with "auto" it makes a new line on a touch keyboard, and sends on any other. */
export const ENTER_KEYS = ["auto", "sends", "new-line"] as const;
export type EnterKey = (typeof ENTER_KEYS)[number];

/** The language that follows the browser's. All others are tags after BCP 47. */
export const BROWSER_LANGUAGE = "";

/** The longest tag that is believed. Those in use are far shorter. */
const MAX_TAG = 35;

const oneOf =
  <Value extends string>(values: readonly Value[]) =>
  (found: string): found is Value =>
    values.some((value) => value === found);

/** Everything that a person prefers about the page. The keys of the first two are also in `public/appearance.js`. */
export class Preferences {
  readonly theme = new Preference<Theme>({
    key: "rekindle.theme",
    first: "system",
    isValue: oneOf(THEMES),
  });

  readonly textSize = new Preference<TextSize>({
    key: "rekindle.text-size",
    first: "normal",
    isValue: oneOf(TEXT_SIZES),
  });

  readonly enterKey = new Preference<EnterKey>({
    key: "rekindle.enter-key",
    first: "auto",
    isValue: oneOf(ENTER_KEYS),
  });

  readonly language = new Preference<string>({
    key: "rekindle.language",
    first: BROWSER_LANGUAGE,
    isValue: (found): found is string => found.length <= MAX_TAG,
  });

  /** Takes over what another tab chooses, from now on. @returns the function that ends this */
  followOtherTabs(): () => void {
    const all = [this.theme, this.textSize, this.enterKey, this.language];
    const reread = () => all.forEach((one) => one.reread());
    addEventListener("storage", reread);
    return () => removeEventListener("storage", reread);
  }
}
