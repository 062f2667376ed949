import type { StorageUsage, StoreApi } from "../protocol/store-api.ts";
import { resultOf } from "../shared/result-of.ts";
import { DatabaseHandover } from "./database/database-handover.ts";
import { serveKv } from "./serve-kv.ts";
import { openStores, type StoreOptions, type Stores } from "./open-stores.ts";
import { storageQuota } from "./space/storage-quota.ts";

export function createStore(options: StoreOptions = {}): StoreApi {
  const handover = new DatabaseHandover();
  const opening = openStores(options, handover);
  // What fails here is tried again at the next start.
  opening.then(removeOrphans).catch(() => undefined);
  const call = <T>(work: (stores: Stores) => Promise<T>) =>
    resultOf(async () => work(await opening));
  return {
    subscribe(onPhase) {
      handover.subscribe(onPhase);
      return Promise.resolve();
    },
    letGo() {
      handover.letGo();
      return Promise.resolve();
    },
    serveKv(port) {
      serveKv(port, opening);
      return Promise.resolve();
    },
    usage: () => call(usageOf),
    setLimit: (limitBytes) => call(({ chunks }) => chunks.setLimit(limitBytes)),
    quality: () => call(({ conversations }) => conversations.quality()),
    setQuality: (level, conversationId) =>
      call(({ conversations }) => conversations.setQuality(level, conversationId)),
    throttleReads: (throttle) =>
      call(({ throttleReads }) => {
        throttleReads(throttle);
        return Promise.resolve();
      }),
    clearKv: () => call(({ chunks }) => chunks.clear()),
    conversations: () => call(({ conversations }) => conversations.conversations()),
    messages: (conversationId) =>
      call(({ conversations }) => conversations.messages(conversationId)),
    appendMessage: (message) => call(({ conversations }) => conversations.appendMessage(message)),
    updateMessage: (id, change) =>
      call(({ conversations }) => conversations.updateMessage(id, change)),
    deleteConversation: (id) => call((stores) => deleteConversation(stores, id)),
  };
}

async function usageOf({ mode, chunks }: Stores): Promise<StorageUsage> {
  const [usage, quota] = await Promise.all([chunks.usage(), storageQuota()]);
  return { mode, ...usage, ...quota };
}

async function deleteConversation({ conversations, chunks }: Stores, id: string): Promise<void> {
  await conversations.deleteConversation(id);
  // The conversation is gone, whatever comes of its KV: what is left of that goes at the next start.
  await chunks.removeOwner(id).catch(() => undefined);
}

/** KV that is none, and KV of conversations that were deleted while it was being written, or just before the page went. */
async function removeOrphans({ conversations, chunks }: Stores): Promise<void> {
  // In this order: a conversation is stored before its KV is.
  const owners = await chunks.owners();
  const stored = new Set((await conversations.conversations()).map(({ id }) => id));
  for (const owner of owners) if (!stored.has(owner)) await chunks.removeOwner(owner);
  await chunks.removeUnknown();
}
