import { t } from "@lingui/core/macro";
import { BROWSER_LANGUAGE } from "../../client/preferences/preferences.ts";
import { LANGUAGES } from "../locales/languages.ts";
import { languageFor } from "../locales/speak.ts";

interface LanguageSelectProps {
  /** The tag of the language, or that which follows the browser's. */
  chosen: string;
  onChoose: (tag: string) => void;
}

/** Chooses the language that the page speaks. Each is named in itself, for whoever reads no other. */
export function LanguageSelect({ chosen, onChoose }: LanguageSelectProps) {
  const ofBrowser = nameOf(languageFor(navigator.languages).tag);
  return (
    <label className="choice">
      {t`Language`}
      <select value={chosen} onChange={({ target }) => onChoose(target.value)}>
        <option value={BROWSER_LANGUAGE}>{t`As the browser (${ofBrowser})`}</option>
        {LANGUAGES.map(({ tag, direction }) => (
          <option key={tag} value={tag} lang={tag} dir={direction}>
            {nameOf(tag)}
          </option>
        ))}
      </select>
    </label>
  );
}

function nameOf(tag: string): string {
  return new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag;
}
