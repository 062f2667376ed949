import type { QualityLevel } from "../../protocol/quality.ts";
import type {
  ConversationRecord,
  MessageChange,
  MessageRecord,
  NewMessage,
} from "../../protocol/store-api.ts";

/**
 * Keeps conversations and their messages: what `StoreApi` promises, with failures thrown.
 *
 * @throws EngineError `quota-exceeded` when the browser refuses the space, `store-unavailable` when it
 * gives no access. A call that failed changed nothing.
 */
export interface ConversationStore {
  conversations(): Promise<ConversationRecord[]>;
  messages(conversationId: string): Promise<MessageRecord[]>;
  appendMessage(message: NewMessage): Promise<MessageRecord>;
  updateMessage(id: string, change: MessageChange): Promise<void>;
  deleteConversation(id: string): Promise<void>;
  quality(): Promise<QualityLevel>;
  setQuality(level: QualityLevel | undefined, conversationId?: string): Promise<void>;
}
