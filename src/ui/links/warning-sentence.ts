import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";
import type { LinkWarning } from "./link-facts.ts";

/** Longest part of a link that is repeated in a sentence. */
const MAX_NAME = 60;

/** What a warning means, for a person. */
export function warningSentence(warning: LinkWarning): string {
  switch (warning.is) {
    case "other-letters":
      return t`The host’s name has letters that can look like others, such as Cyrillic ones. So it is written the way browsers look it up.`;
    case "name-before-host": {
      const name = shortened(warning.name);
      return t`“${name}” stands before the host in the address, and is no part of it.`;
    }
    case "text-names-other": {
      const named = shortened(warning.named);
      return t`The link’s text names another host: ${named}.`;
    }
    case "carries-text": {
      const characters = i18n.number(warning.characters);
      return t`The address carries ${characters} characters more, which may be words of your conversation. The host would read them.`;
    }
  }
}

const shortened = (text: string): string =>
  text.length <= MAX_NAME ? text : `${text.slice(0, MAX_NAME)}…`;
