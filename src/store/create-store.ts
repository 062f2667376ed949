import type { StoreApi } from "../protocol/store-api.ts";
import { atBoundary } from "../shared/boundary.ts";
import type { ConversationStore } from "./conversation-store.ts";
import { idbConversationStore } from "./idb-conversation-store.ts";
import { memoryConversationStore } from "./memory-conversation-store.ts";
import { databaseConnection } from "./open-database.ts";
import { DATABASE_NAME } from "./schema.ts";

export function createStore(databaseName: string = DATABASE_NAME): StoreApi {
  const opening = openConversations(databaseName);
  const call = <T>(work: (conversations: ConversationStore) => Promise<T>) =>
    atBoundary(async () => work(await opening));
  return {
    conversations: () => call((store) => store.conversations()),
    messages: (conversationId) => call((store) => store.messages(conversationId)),
    appendMessage: (message) => call((store) => store.appendMessage(message)),
    updateMessage: (id, change) => call((store) => store.updateMessage(id, change)),
    deleteConversation: (id) => call((store) => store.deleteConversation(id)),
  };
}

async function openConversations(databaseName: string): Promise<ConversationStore> {
  const connect = databaseConnection(databaseName);
  try {
    await connect();
  } catch (error) {
    // A newer build's database is there and will be again after a reload: to hide it behind an empty
    // memory would look like a loss. Every call says that the store is unavailable instead.
    if (!isNewerDatabase(error)) return memoryConversationStore();
  }
  return idbConversationStore(connect);
}

const isNewerDatabase = (error: unknown) =>
  error instanceof DOMException && error.name === "VersionError";
