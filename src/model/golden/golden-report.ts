/** What came of the comparison of a model with its reference. */
export interface GoldenReport {
  prompts: number;
  /** The largest distance of a logit from the reference's. */
  logitError: number;
  /** How many rows of K or V were compared, and the largest distance of one of their numbers. */
  rows: number;
  rowError: number;
  /** How many greedy tokens were compared and were the same, and how many there are. */
  greedySame: number;
  greedyTokens: number;
  /** Where two logits were too close to compare the tokens from there on. */
  greedyStops: { prompt: number; step: number }[];
  /** How many prompts were run again in other pieces. */
  cuts: number;
  /** What is wrong, in sentences. Nothing is wrong if there is none. */
  faults: string[];
}

export const emptyReport = (): GoldenReport => ({
  prompts: 0,
  logitError: 0,
  rows: 0,
  rowError: 0,
  greedySame: 0,
  greedyTokens: 0,
  greedyStops: [],
  cuts: 0,
  faults: [],
});
