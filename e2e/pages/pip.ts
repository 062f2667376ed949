/** The smaller format of the embedded model, always choosing the likeliest token. */
export const GREEDY = "?model=models/pip-4.7m/mlc-q4f16_1/&temperature=0";

/**
 * In an address: what is stored is read, whether or not the machine could compute it sooner. Only the build for
 * measuring heeds it.
 */
export const READS_ALL = "restore=load";

/** Greedy, from rows that are stored as they were computed, and all read: as if never left. Of the same build. */
export const EXACT = `${GREEDY}&quality=exact&${READS_ALL}`;

/** The format that a visitor gets, and that a basis comes with. */
export const EMBEDDED = "?temperature=0";

/** What it answers to "Hello!", here and in the reference implementation. */
export const HELLO_ANSWER = "Hello! How can I help you?";

/** Its longest answers are stories: one paragraph of about 85 tokens. */
export const STORY = "Tell me a story about a wizard.";

/** A message of more tokens than a chunk has. */
export const LONG = Array.from({ length: 12 }, (_, i) => `Friend ${i + 1} lives in a town.`).join(
  " ",
);
