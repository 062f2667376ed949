import type { QualityLevel } from "../../protocol/quality.ts";
import type {
  ConversationChange,
  ConversationRecord,
  MessageChange,
  MessageRecord,
  NewMessage,
} from "../../protocol/store-api.ts";

/**
 * Keeps conversations and their messages. Its methods do what `StoreApi` promises, but throw their failures. A call
 * that fails changes nothing.
 *
 * @throws EngineError `quota-exceeded` if the browser refuses the space, `store-unavailable` if it gives no access
 */
export interface ConversationStore {
  conversations(): Promise<ConversationRecord[]>;
  messages(conversationId: string): Promise<MessageRecord[]>;
  appendMessage(message: NewMessage): Promise<MessageRecord>;
  updateMessage(id: string, change: MessageChange): Promise<void>;
  setHead(conversationId: string, headId: string): Promise<void>;
  changeConversation(id: string, change: ConversationChange): Promise<void>;
  deleteConversation(id: string): Promise<void>;
  /** Adds a whole conversation with ids that are new. All of it is stored, or nothing. */
  addConversation(
    conversation: ConversationRecord,
    messages: readonly MessageRecord[],
  ): Promise<void>;
  quality(): Promise<QualityLevel>;
  setQuality(level: QualityLevel | undefined, conversationId?: string): Promise<void>;
}
