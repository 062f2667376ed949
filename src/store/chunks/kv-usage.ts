import type { ConversationUsage, StoredShare } from "../../protocol/store-api.ts";
import { bytesOf, totalBytes, type ChunkRecord } from "../records/chunk-record.ts";
import type { KvUsage } from "./chunk-store.ts";
import type { Inventory } from "./inventory.ts";

/** How much KV is stored in all, and how much of it belongs to each conversation. */
export function usageOf({ chunks, limitBytes }: Inventory): KvUsage {
  const conversations = new Map<string, ConversationUsage>();
  for (const chunk of chunks)
    for (const conversationId of chunk.owners) {
      const usage = conversations.get(conversationId) ?? emptyUsage(conversationId);
      usage[chunk.owners.length > 1 ? "sharedBytes" : "ownBytes"] += bytesOf(chunk);
      addShare(usage.shares, chunk);
      conversations.set(conversationId, usage);
    }
  return { kvBytes: totalBytes(chunks), conversations: [...conversations.values()], limitBytes };
}

const emptyUsage = (conversationId: string): ConversationUsage => ({
  conversationId,
  ownBytes: 0,
  sharedBytes: 0,
  shares: [],
});

/** Bits of a number in the cache. */
const PLAIN_BITS = 16;

function addShare(shares: StoredShare[], chunk: ChunkRecord): void {
  const { family, tokens, tokenBytes } = chunk;
  if (tokenBytes === undefined) return;
  const [bytes, plainBytes] = [bytesOf(chunk), tokens * tokenBytes];
  const bits = Math.floor((PLAIN_BITS * bytes) / plainBytes);
  let share = shares.find((one) => one.family === family && one.bits === bits);
  if (!share) {
    share = { ...(family !== undefined && { family }), bits, tokens: 0, bytes: 0, plainBytes: 0 };
    shares.push(share);
  }
  share.tokens += tokens;
  share.bytes += bytes;
  share.plainBytes += plainBytes;
}
