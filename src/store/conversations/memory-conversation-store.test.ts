import { conversationStoreConformance } from "./conversation-store.conformance.ts";
import { discardedConversationsConformance } from "./discarded-conversations.conformance.ts";
import { memoryConversationStore } from "./memory-conversation-store.ts";

conversationStoreConformance(memoryConversationStore);
discardedConversationsConformance(memoryConversationStore);
