import type { WeightFormat } from "../../shaders/forward/weight-format.ts";
import type { Weight } from "./architectures/architecture.ts";
import type { ModelConfig } from "./model-config.ts";

/** What a model is made of, before any number of it has come. */
export interface ModelOutline {
  config: ModelConfig;
  /** Every weight, in the order of use. */
  weights: readonly Weight[];
  /** How the numbers of every matrix lie in memory. */
  format: WeightFormat;
}
