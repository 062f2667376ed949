/** The time between two turns, in which something else may use the cache. */
export interface IdleTime {
  /** Aborted when a turn begins. */
  readonly signal: AbortSignal;
  /** Passes on work that reads or writes rows of the cache: a turn that begins waits until it has settled. */
  readonly useCache: <Result>(work: Promise<Result>) => Promise<Result>;
}
