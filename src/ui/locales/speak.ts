import { i18n } from "@lingui/core";
import { ENGLISH, LANGUAGES, type Language } from "./languages.ts";

/** How often a language was asked for: a catalogue may arrive after another language was chosen. */
let asked = 0;

/**
 * Has the page speak the first of the wanted languages that it can, and says so in the document. What is drawn already
 * has to be drawn anew.
 *
 * @param wanted tags after BCP 47, the dearest first, as `navigator.languages` has them
 * @throws where the catalogue cannot be fetched; the page speaks English then
 */
export async function speak(
  wanted: readonly string[],
  languages: readonly Language[] = LANGUAGES,
): Promise<void> {
  const turn = ++asked;
  try {
    await activate(languageFor(wanted, languages), turn);
  } catch (error) {
    await activate(ENGLISH, turn);
    throw error;
  }
}

async function activate({ tag, direction, load }: Language, turn: number): Promise<void> {
  const { messages } = await load();
  if (turn !== asked) return;
  i18n.loadAndActivate({ locale: tag, messages });
  document.documentElement.lang = tag;
  document.documentElement.dir = direction;
}

/**
 * The first of the wanted languages that there is, by the lookup of RFC 4647, section 3.4: a tag also means what is left
 * of it when its last parts are dropped, so that "de-AT" finds "de". English, where there is none.
 */
export function languageFor(
  wanted: readonly string[],
  languages: readonly Language[] = LANGUAGES,
): Language {
  for (const tag of wanted) {
    const parts = tag.split("-");
    for (let length = parts.length; length > 0; length--) {
      const shortened = parts.slice(0, length).join("-").toLowerCase();
      const found = languages.find((language) => language.tag.toLowerCase() === shortened);
      if (found) return found;
    }
  }
  return ENGLISH;
}
