import { conversationStoreConformance } from "./conversation-store.conformance.ts";
import { changedConversationsConformance } from "./changed-conversations.conformance.ts";
import { memoryConversationStore } from "./memory-conversation-store.ts";

conversationStoreConformance(memoryConversationStore);
changedConversationsConformance(memoryConversationStore);
