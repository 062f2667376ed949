/** What one round measured of one engine. Times are in ms, speeds in tokens per second. */
export interface Sample {
  loadMs: number;
  /** From the navigation, with the model kept by the browser. */
  cachedReadyMs: number;
  prefillShort: number;
  prefillMiddle: number;
  prefillLong: number;
  decodeShort: number;
  /** After the reload, when most rows are stored already. */
  decodeLong: number;
  /** Right after the long prompt was run, while its rows are being stored. */
  decodeWhileSaving?: number;
  /** From the navigation to the first token of the answer to a message that is sent at once. */
  afterReloadMs: number;
  memoryMiB: number;
  /** How many tokens each prompt had, to check that both engines were asked the same. */
  tokens: { short: number; middle: number; long: number };
  /** Tokens that the turn after the reload had to run. */
  ranAfterReload: number;
}

export const perSecond = (tokens: number, ms: number): number => (1000 * tokens) / ms;
