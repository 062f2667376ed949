/** How fast the processor multiplies matrices. */
export interface ProcessorSpeed {
  /** How many threads it has. */
  threads: number;
  /** Weights of 4 bits that it multiplies in a millisecond, as in a reply: a token takes every weight once. */
  weightsPerMs: number;
}

/** What an engine that also runs models on the processor can tell beforehand. */
export interface EngineProcessor {
  /** Measures for a tenth of a second. Undefined where models cannot run on the processor. */
  measureProcessor(): Promise<ProcessorSpeed | undefined>;
}
