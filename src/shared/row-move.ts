/** `tokens` consecutive rows of a sequence go from the positions at `from` to those at `to`. */
export interface RowMove {
  from: number;
  to: number;
  tokens: number;
}
