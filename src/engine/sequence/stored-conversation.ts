import type { QualityLevel } from "../../protocol/quality.ts";

/** The conversation that rows are stored for, and the level that decides what they may be stored as. */
export interface StoredConversation {
  conversationId: string;
  quality: QualityLevel;
}
