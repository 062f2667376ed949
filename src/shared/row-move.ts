/**
 * A move of K and V within a sequence: the rows of `tokens` consecutive tokens, of which the first is at position
 * `from`, go to the positions from `to` on.
 */
export interface RowMove {
  from: number;
  to: number;
  tokens: number;
}
