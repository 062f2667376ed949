import type { QualityLevel, RestorationScheme } from "../protocol/engine-api.ts";
import type { EngineMeasure } from "../protocol/measures.ts";
import type { KvStore } from "./kv-connection.ts";
import type { RestorationCosts } from "./restoration-costs.ts";

export interface RestoreRequest {
  conversationId: string;
  quality: QualityLevel;
  scheme: RestorationScheme;
  tokens: readonly number[];
  store: KvStore | undefined;
  /** What restoring was seen to take. */
  costs: RestorationCosts;
  /** Nothing of this conversation is wanted any more. */
  abandoned: AbortSignal;
  /** A turn takes over: both streams go on until they meet; holes are left to it. */
  handedOver: AbortSignal;
  onMeasure: (measure: EngineMeasure) => void;
}
