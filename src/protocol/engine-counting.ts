/** What an engine that has the model's tokenizer at hand can tell of texts. */
export interface EngineCounting {
  /**
   * Counts the tokens of a text, between other work: a turn does not wait for it. Undefined where there is no model, where
   * a turn runs or begins, where the text is too long to be counted, and where another text is asked about meanwhile: only
   * the last one that was asked about is counted.
   */
  countTokens(text: string): Promise<number | undefined>;
}
