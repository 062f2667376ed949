import { conversationStoreConformance } from "./conversation-store.conformance.ts";
import { memoryConversationStore } from "./memory-conversation-store.ts";

conversationStoreConformance(memoryConversationStore);
