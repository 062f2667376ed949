import type { TokenReport } from "../../src/model/golden/compare-tokens.ts";
import type { GoldenReport } from "../../src/model/golden/golden-report.ts";

/** A model that is served, as the test that compares it gets it. */
export interface ServedModel {
  name: string;
  /** What a source of models takes for its address. */
  address: string;
  /** The URLs of its reference data. */
  json: string;
  floats: string;
  /** The URL of the folder in which files about its tokenizer may lie, with a final slash. */
  folder: string;
}

/** What came of one model. */
export interface GoldenResult {
  adapter: string;
  /** Undefined if the model could not be compared. */
  report?: GoldenReport;
  /** Undefined if there is no reference for the tokenizer. */
  tokens?: TokenReport | undefined;
  /** Why the model could not be compared, in a sentence. */
  failure?: string;
}

declare module "vitest" {
  interface ProvidedContext {
    /** The models that `npm run golden` has found. */
    goldenModels: readonly ServedModel[];
  }
}

declare module "@vitest/runner" {
  interface TaskMeta {
    golden?: GoldenResult;
  }
}
