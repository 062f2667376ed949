import type { QualityLevel } from "../../protocol/quality.ts";
import type {
  ConversationChange,
  ConversationRecord,
  MessageChange,
  MessageRecord,
  NewMessage,
} from "../../protocol/store-api.ts";

/** A conversation that is added as a whole, with all messages of its tree. */
export interface AddedConversation {
  conversation: ConversationRecord;
  messages: readonly MessageRecord[];
}

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
  withdrawMessage(conversationId: string, messageId: string): Promise<void>;
  discardConversations(ids: readonly string[]): Promise<void>;
  restoreConversations(ids: readonly string[]): Promise<void>;
  /** What is discarded and not deleted yet, with the time of its deletion. */
  discarded(): Promise<{ id: string; deletedAtMs: number }[]>;
  deleteConversation(id: string): Promise<void>;
  /** Adds whole conversations with ids that are new. All of them are stored, or nothing. */
  addConversations(added: readonly AddedConversation[]): Promise<void>;
  quality(): Promise<QualityLevel>;
  setQuality(level: QualityLevel | undefined, conversationId?: string): Promise<void>;
}
