import type { QualityLevel } from "../../protocol/quality.ts";
import type {
  ConversationChange,
  ConversationRecord,
  MessageChange,
  MessageRecord,
  NewMessage,
} from "../../protocol/store-api.ts";
import { assert } from "../../shared/assert.ts";
import { withdrawn } from "./branches.ts";
import {
  appended,
  changed,
  qualityFrom,
  withChange,
  withQuality,
} from "../records/conversation-record.ts";
import { asDiscarded, isShown, withoutDeletion } from "../records/discarded.ts";
import { withHeadLast } from "../records/message-record.ts";
import type { AddedConversation, ConversationStore } from "./conversation-store.ts";

/** As in a database, nothing is shared with callers: they may change what they give and get. */
const copy = structuredClone;

/** Used in browsers that give no storage. Its conversations last as long as the tab. */
export const memoryConversationStore = (now: () => number = Date.now): ConversationStore =>
  new MemoryConversationStore(now);

class MemoryConversationStore implements ConversationStore {
  readonly #conversations = new Map<string, ConversationRecord>();
  readonly #messages = new Map<string, MessageRecord>();
  readonly #now: () => number;
  #quality: QualityLevel | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  conversations(): Promise<ConversationRecord[]> {
    const all = copy([...this.#conversations.values()].filter(isShown));
    return Promise.resolve(all.sort((a, b) => b.updatedAtMs - a.updatedAtMs));
  }

  messages(conversationId: string): Promise<MessageRecord[]> {
    const conversation = this.#conversations.get(conversationId);
    if (conversation && !isShown(conversation)) return Promise.resolve([]);
    const headId = conversation?.headId ?? null;
    return Promise.resolve(copy(withHeadLast(this.#messagesOf(conversationId), headId)));
  }

  async appendMessage(added: NewMessage): Promise<MessageRecord> {
    await Promise.resolve();
    assert(!this.#messages.has(added.id), "a message is added once");
    // What is said in a conversation that was deleted begins another one.
    if (this.#isDiscarded(added.conversationId))
      await this.deleteConversation(added.conversationId);
    const existing = this.#conversations.get(added.conversationId);
    const parent = this.#messages.get(added.parentId ?? "");
    const { conversation, message } = appended({ existing, parent }, copy(added), this.#now());
    this.#conversations.set(conversation.id, conversation);
    this.#messages.set(message.id, message);
    return copy(message);
  }

  updateMessage(id: string, change: MessageChange): Promise<void> {
    const message = this.#messages.get(id);
    if (message) this.#messages.set(id, changed(message, copy(change)));
    return Promise.resolve();
  }

  setHead(conversationId: string, headId: string): Promise<void> {
    const isItsOwn = this.#messages.get(headId)?.conversationId === conversationId;
    return this.#change(conversationId, (record) => (isItsOwn ? { ...record, headId } : record));
  }

  changeConversation(id: string, change: ConversationChange): Promise<void> {
    return this.#change(id, (record) => withChange(record, copy(change)));
  }

  withdrawMessage(conversationId: string, messageId: string): Promise<void> {
    const { removed, headId } = withdrawn(this.#messagesOf(conversationId), messageId);
    for (const id of removed) this.#messages.delete(id);
    return this.#change(conversationId, (record) =>
      removed.length > 0 ? { ...record, headId } : record,
    );
  }

  async discardConversations(ids: readonly string[]): Promise<void> {
    const deletedAtMs = this.#now();
    for (const id of ids) await this.#change(id, (record) => ({ ...record, deletedAtMs }));
  }

  async restoreConversations(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.#change(id, withoutDeletion);
  }

  discarded(): Promise<{ id: string; deletedAtMs: number }[]> {
    return Promise.resolve([...this.#conversations.values()].flatMap(asDiscarded));
  }

  deleteConversation(id: string): Promise<void> {
    this.#conversations.delete(id);
    for (const message of this.#messagesOf(id)) this.#messages.delete(message.id);
    return Promise.resolve();
  }

  addConversations(added: readonly AddedConversation[]): Promise<void> {
    for (const { conversation, messages } of copy(added)) {
      this.#conversations.set(conversation.id, conversation);
      for (const message of messages) this.#messages.set(message.id, message);
    }
    return Promise.resolve();
  }

  quality(): Promise<QualityLevel> {
    return Promise.resolve(qualityFrom(this.#quality));
  }

  setQuality(level: QualityLevel | undefined, conversationId?: string): Promise<void> {
    if (conversationId !== undefined)
      return this.#change(conversationId, (record) => withQuality(record, level));
    this.#quality = level;
    return Promise.resolve();
  }

  #isDiscarded(id: string): boolean {
    const conversation = this.#conversations.get(id);
    return conversation !== undefined && !isShown(conversation);
  }

  #messagesOf(id: string): MessageRecord[] {
    return [...this.#messages.values()].filter(({ conversationId }) => conversationId === id);
  }

  #change(id: string, to: (record: ConversationRecord) => ConversationRecord): Promise<void> {
    const conversation = this.#conversations.get(id);
    if (conversation) this.#conversations.set(id, to(conversation));
    return Promise.resolve();
  }
}
