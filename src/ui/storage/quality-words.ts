import type { QualityLevel } from "../../protocol/quality.ts";

/** What each level is called, and what it means to the person who chooses it. */
export const QUALITY_WORDS: Record<QualityLevel, { name: string; meaning: string }> = {
  exact: {
    name: "Exact",
    meaning:
      "Caches are kept as they are: a conversation resumes exactly where it was. They take the most room.",
  },
  balanced: {
    name: "Balanced",
    meaning:
      "Caches are kept in less room. Each conversation is checked: it goes on as if nothing had been changed, nearly always word for word.",
  },
  compact: {
    name: "Compact",
    meaning:
      "Caches are kept in as little room as goes without changing what is said. Answers may differ a little after a reload.",
  },
};

/**
 * What a level means, and what it has come to here.
 *
 * @param smaller how much less room its caches take: "9.1 times smaller"; undefined while nothing is known of that
 */
export function meaningSentences(level: QualityLevel, smaller: string | undefined): string {
  const { meaning } = QUALITY_WORDS[level];
  if (smaller === undefined || level === "exact") return meaning;
  return `${meaning} Those that are stored so now are ${smaller} than as they are.`;
}

/** The words for the choice of a conversation that has the level for all. */
export const sameAsForAll = (level: QualityLevel): string =>
  `As for all (${QUALITY_WORDS[level].name.toLowerCase()})`;

/** Says that the page's address asks for a level. */
export const askedSentence = (level: QualityLevel): string =>
  `The address of this page asks for ${QUALITY_WORDS[level].name.toLowerCase()}, whatever is chosen here.`;
