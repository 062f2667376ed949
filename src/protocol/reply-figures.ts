/** Rows of a conversation that were brought back for an answer, instead of reading all of it again. */
export interface Resumption {
  tokens: number;
  /** Those of the tokens whose rows came from the store; the others were computed. */
  loadedTokens: number;
  /** Time in which rows were read, decoded or computed. What waited for the model's weights does not count. */
  ms: number;
  /** What running these tokens through the model would have taken, by the measured speed of this device. */
  rereadMs: number;
}

/** What an answer took. */
export interface ReplyFigures {
  /** Tokens of the whole prompt. */
  promptTokens: number;
  /** Those that were run through the model; rows of the others were in place. */
  prefilledTokens: number;
  generatedTokens: number;
  /** Time from the request to the first text. Absent for an answer without text. */
  ttftMs?: number | undefined;
  /** Time from the first token to the last. What the machine slept meanwhile does not count. */
  decodeMs?: number | undefined;
  /** Absent where nothing was brought back. */
  resumed?: Resumption | undefined;
}
