import { t } from "@lingui/core/macro";
import type { QualityLevel } from "../../protocol/quality.ts";

/** What each level is called, and what it means to the person who chooses it. */
export function qualityWords(level: QualityLevel): { name: string; meaning: string } {
  switch (level) {
    case "exact":
      return {
        name: t`Exact`,
        meaning: t`Caches are kept as they are: a conversation resumes exactly where it was. They take the most room.`,
      };
    case "balanced":
      return {
        name: t`Balanced`,
        meaning: t`Caches are kept in less room. Each conversation is checked: it goes on as if nothing had been changed, nearly always word for word.`,
      };
    case "compact":
      return {
        name: t`Compact`,
        meaning: t`Caches are kept in as little room as goes without changing what is said. Answers may differ a little after a reload.`,
      };
  }
}

/** A level's name within a sentence. */
function nameInSentence(level: QualityLevel): string {
  switch (level) {
    case "exact":
      return t`exact`;
    case "balanced":
      return t`balanced`;
    case "compact":
      return t`compact`;
  }
}

/**
 * What a level means, and what it has come to here.
 *
 * @param smaller how much less room its caches take: "9.1 times smaller"; undefined while nothing is known of that
 */
export function meaningSentences(level: QualityLevel, smaller: string | undefined): string {
  const { meaning } = qualityWords(level);
  if (smaller === undefined || level === "exact") return meaning;
  return t`${meaning} Those that are stored so now are ${smaller} than as they are.`;
}

/** The words for the choice of a conversation that has the level for all. */
export const sameAsForAll = (level: QualityLevel): string =>
  t`As for all (${{ level: nameInSentence(level) }})`;

/** Says that the page's address asks for a level. */
export const askedSentence = (level: QualityLevel): string =>
  t`The address of this page asks for ${{ level: nameInSentence(level) }}, whatever is chosen here.`;
