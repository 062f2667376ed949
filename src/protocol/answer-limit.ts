/** Where nothing else was chosen, an answer ends after this many tokens. It can then be continued. */
export const DEFAULT_ANSWER_TOKENS = 1024;
