import type { QualityLevel } from "../../protocol/quality.ts";
import type { RestorationScheme } from "../../protocol/restoration.ts";
import type { EngineMeasure } from "../../protocol/measures.ts";
import type { KvStore } from "../sequence/kv-connection.ts";

export interface RestoreRequest {
  conversationId: string;
  quality: QualityLevel;
  scheme: RestorationScheme;
  tokens: readonly number[];
  store: KvStore | undefined;
  /** Nothing of this conversation is wanted any more. */
  abandoned: AbortSignal;
  /** A turn takes over: both streams go on until they meet; what is behind that is left to it. */
  handedOver: AbortSignal;
  /** What that turn's prompt begins with, once it takes over. */
  nextTokens: () => readonly number[] | undefined;
  /** Compute as a GPU that takes so many times as long. */
  slowdown: number;
  onMeasure: (measure: EngineMeasure) => void;
}
