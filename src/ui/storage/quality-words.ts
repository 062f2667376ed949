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
      "Takes about a tenth of the room. Each conversation is checked: it goes on as if nothing had been changed, nearly always word for word.",
  },
  compact: {
    name: "Compact",
    meaning: "Takes down to a thirtieth of the room. Answers may differ a little after a reload.",
  },
};

/** The words for the choice of a conversation that has the level for all. */
export const sameAsForAll = (level: QualityLevel): string =>
  `As for all (${QUALITY_WORDS[level].name.toLowerCase()})`;

/** Says that the page's address asks for a level. */
export const askedSentence = (level: QualityLevel): string =>
  `The address of this page asks for ${QUALITY_WORDS[level].name.toLowerCase()}, whatever is chosen here.`;
