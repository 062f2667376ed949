import type { QualityLevel } from "../../protocol/quality.ts";
import type { RestorationScheme } from "../../protocol/restoration.ts";
import type { EngineProgress } from "../../protocol/engine-progress.ts";
import type { EngineMeasure } from "../../protocol/measures.ts";
import type { KvStore } from "../sequence/kv-connection.ts";

/** How far a restoration has come. */
export type RestoreProgress = Omit<
  Extract<EngineProgress, { work: "restore" }>,
  "work" | "conversationId"
>;

/** What is to be restored, and what the restoration has to heed. */
export interface RestoreRequest {
  conversationId: string;
  quality: QualityLevel;
  scheme: RestorationScheme;
  tokens: readonly number[];
  store: KvStore | undefined;
  /** Aborted when nothing of this conversation is wanted any more. */
  abandoned: AbortSignal;
  /** Aborted when a turn takes over. Both streams go on until they meet, and the turn computes what is left. */
  handedOver: AbortSignal;
  /** The tokens that the turn's prompt begins with. Undefined before it takes over. */
  nextTokens: () => Promise<readonly number[] | undefined>;
  /** Compute as a GPU that takes this many times as long. */
  slowdown: number;
  onMeasure: (measure: EngineMeasure) => void;
  onProgress: (progress: RestoreProgress) => void;
}
