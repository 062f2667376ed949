import type { ComparedForm } from "../../protocol/engine-measuring.ts";
import type { QualityLevel } from "../../protocol/quality.ts";

/** The conversation that rows are stored for, and the level that decides what they may be stored as. */
export interface StoredConversation {
  conversationId: string;
  quality: QualityLevel;
  /** Store in this form instead of what the level would choose, to measure it. */
  storedAs?: ComparedForm;
}
