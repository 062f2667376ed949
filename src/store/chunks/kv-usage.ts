import { bytesOf, totalBytes } from "../records/chunk-record.ts";
import type { KvUsage } from "./chunk-store.ts";
import type { Inventory } from "./inventory.ts";

type ConversationUsage = KvUsage["conversations"][number];

/** How much KV is stored in all, and how much of it belongs to each conversation. */
export function usageOf({ chunks, limitBytes }: Inventory): KvUsage {
  const conversations = new Map<string, ConversationUsage>();
  for (const chunk of chunks)
    for (const conversationId of chunk.owners) {
      const usage = conversations.get(conversationId) ?? emptyUsage(conversationId);
      usage[chunk.owners.length > 1 ? "sharedBytes" : "ownBytes"] += bytesOf(chunk);
      conversations.set(conversationId, usage);
    }
  return { kvBytes: totalBytes(chunks), conversations: [...conversations.values()], limitBytes };
}

const emptyUsage = (conversationId: string): ConversationUsage => ({
  conversationId,
  ownBytes: 0,
  sharedBytes: 0,
});
