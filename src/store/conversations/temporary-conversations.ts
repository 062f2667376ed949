import { isTemporary } from "../../protocol/temporary-conversation.ts";
import type { QualityLevel } from "../../protocol/quality.ts";
import type {
  ConversationChange,
  ConversationRecord,
  MessageChange,
  MessageRecord,
  NewMessage,
} from "../../protocol/store-api.ts";
import type { AddedConversation, ConversationStore } from "./conversation-store.ts";
import { memoryConversationStore } from "./memory-conversation-store.ts";

/**
 * A store that keeps temporary conversations in memory and all others where `kept` does. Temporary ones are in no list,
 * so that nothing exports, searches or counts them, and they are gone with the worker.
 */
export class TemporaryConversations implements ConversationStore {
  readonly #kept: ConversationStore;
  readonly #temporary: ConversationStore;
  /** Messages in memory: a change of one names only the message. */
  readonly #messages = new Set<string>();

  constructor(kept: ConversationStore, now: () => number = Date.now) {
    this.#kept = kept;
    this.#temporary = memoryConversationStore(now);
  }

  /** The text of temporary conversations alone, for a person who copies one before it is gone. */
  get temporaryText(): Pick<ConversationStore, "conversations" | "messages"> {
    return this.#temporary;
  }

  conversations(): Promise<ConversationRecord[]> {
    return this.#kept.conversations();
  }

  messages(conversationId: string): Promise<MessageRecord[]> {
    return this.#storeOf(conversationId).messages(conversationId);
  }

  appendMessage(message: NewMessage): Promise<MessageRecord> {
    if (isTemporary(message.conversationId)) this.#messages.add(message.id);
    return this.#storeOf(message.conversationId).appendMessage(message);
  }

  updateMessage(id: string, change: MessageChange): Promise<void> {
    const store = this.#messages.has(id) ? this.#temporary : this.#kept;
    return store.updateMessage(id, change);
  }

  setHead(conversationId: string, headId: string): Promise<void> {
    return this.#storeOf(conversationId).setHead(conversationId, headId);
  }

  changeConversation(id: string, change: ConversationChange): Promise<void> {
    return this.#storeOf(id).changeConversation(id, change);
  }

  withdrawMessage(conversationId: string, messageId: string): Promise<void> {
    return this.#storeOf(conversationId).withdrawMessage(conversationId, messageId);
  }

  /** Only what is listed can be discarded, and temporary conversations are not. */
  discardConversations(ids: readonly string[]): Promise<void> {
    return this.#kept.discardConversations(ids);
  }

  restoreConversations(ids: readonly string[]): Promise<void> {
    return this.#kept.restoreConversations(ids);
  }

  discarded(): Promise<{ id: string; deletedAtMs: number }[]> {
    return this.#kept.discarded();
  }

  deleteConversation(id: string): Promise<void> {
    return this.#storeOf(id).deleteConversation(id);
  }

  /** What is added as a whole comes from a file, and so is kept. */
  addConversations(added: readonly AddedConversation[]): Promise<void> {
    return this.#kept.addConversations(added);
  }

  quality(): Promise<QualityLevel> {
    return this.#kept.quality();
  }

  setQuality(level: QualityLevel | undefined, conversationId?: string): Promise<void> {
    return this.#storeOf(conversationId ?? "").setQuality(level, conversationId);
  }

  #storeOf(conversationId: string): ConversationStore {
    return isTemporary(conversationId) ? this.#temporary : this.#kept;
  }
}
