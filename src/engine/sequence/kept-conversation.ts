import type { ComparedForm } from "../../protocol/measuring.ts";
import type { QualityLevel } from "../../protocol/quality.ts";

/** Whose rows these are, and how well they have to be kept. */
export interface KeptConversation {
  conversationId: string;
  quality: QualityLevel;
  /** Instead of what the level would choose. */
  storedAs?: ComparedForm;
}
