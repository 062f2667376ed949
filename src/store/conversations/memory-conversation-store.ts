import type { QualityLevel } from "../../protocol/quality.ts";
import type { ConversationRecord, MessageRecord } from "../../protocol/store-api.ts";
import { assert } from "../../shared/assert.ts";
import { appended, changed, qualityFrom, withQuality } from "../records/conversation-record.ts";
import { withHeadLast } from "../records/message-record.ts";
import type { ConversationStore } from "./conversation-store.ts";

/** Used in browsers that give no storage. Its conversations last as long as the tab. */
export function memoryConversationStore(now: () => number = Date.now): ConversationStore {
  const conversations = new Map<string, ConversationRecord>();
  const messages = new Map<string, MessageRecord>();
  let quality: QualityLevel | undefined;
  const messagesOf = (id: string) =>
    [...messages.values()].filter(({ conversationId }) => conversationId === id);
  /** As in a database, nothing is shared with callers: they may change what they give and get. */
  const copy = structuredClone;

  return {
    conversations: () =>
      Promise.resolve(
        copy([...conversations.values()]).sort((a, b) => b.updatedAtMs - a.updatedAtMs),
      ),

    messages: (conversationId) => {
      const headId = conversations.get(conversationId)?.headId ?? null;
      return Promise.resolve(copy(withHeadLast(messagesOf(conversationId), headId)));
    },

    appendMessage: async (added) => {
      await Promise.resolve();
      assert(!messages.has(added.id), "a message is added once");
      const existing = conversations.get(added.conversationId);
      const parent = messages.get(added.parentId ?? "");
      const { conversation, message } = appended({ existing, parent }, copy(added), now());
      conversations.set(conversation.id, conversation);
      messages.set(message.id, message);
      return copy(message);
    },

    updateMessage: (id, change) => {
      const message = messages.get(id);
      if (message) messages.set(id, changed(message, copy(change)));
      return Promise.resolve();
    },

    setHead: (conversationId, headId) => {
      const conversation = conversations.get(conversationId);
      if (conversation && messages.get(headId)?.conversationId === conversationId)
        conversations.set(conversationId, { ...conversation, headId });
      return Promise.resolve();
    },

    deleteConversation: (id) => {
      conversations.delete(id);
      for (const message of messagesOf(id)) messages.delete(message.id);
      return Promise.resolve();
    },

    addConversation: (conversation, added) => {
      conversations.set(conversation.id, copy(conversation));
      for (const message of added) messages.set(message.id, copy(message));
      return Promise.resolve();
    },

    quality: () => Promise.resolve(qualityFrom(quality)),

    setQuality: (level, conversationId) => {
      if (conversationId === undefined) quality = level;
      else {
        const conversation = conversations.get(conversationId);
        if (conversation) conversations.set(conversationId, withQuality(conversation, level));
      }
      return Promise.resolve();
    },
  };
}
