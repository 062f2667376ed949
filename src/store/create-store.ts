import { LEARNED_RECORDS } from "../protocol/kv-store-api.ts";
import type { StorageUsage, StoreApi } from "../protocol/store-api.ts";
import { resultOf } from "../shared/result-of.ts";
import { TemporaryConversations } from "./conversations/temporary-conversations.ts";
import { DatabaseHandover } from "./database/database-handover.ts";
import { removeDiscarded } from "./remove-discarded.ts";
import { serveConversations } from "./serve-conversations.ts";
import { serveKv } from "./serve-kv.ts";
import { openStores, type StoreOptions, type Stores } from "./open-stores.ts";
import { ConversationSearch } from "./search/conversation-search.ts";
import { storageQuota } from "./space/storage-quota.ts";

/**
 * The store worker's `StoreApi`: conversations and their messages, KV chunks, and device records.
 *
 * `openStores` opens the database, or falls back to memory. Each call waits for that, works on one of the
 * stores, and answers with a `Result`. The page calls it directly, the engine through a port (`serveKv`).
 */
export function createStore(options: StoreOptions = {}): StoreApi {
  const handover = new DatabaseHandover();
  const opening = openStores(options, handover).then((stores) => ({
    ...stores,
    conversations: new TemporaryConversations(stores.conversations),
  }));
  // If this fails, the next start tries it again.
  opening.then(removeOrphans).catch(() => undefined);
  opening.then(removeDiscarded).catch(() => undefined);
  // So does the next start with this.
  const upToDate = opening.then(({ chunks }) => chunks.removeOutdated()).catch(() => undefined);
  const searching = opening.then(({ conversations }) => new ConversationSearch(conversations));
  searching.catch(() => undefined);
  const temporaryText = opening.then(({ conversations }) => conversations.temporaryText);
  temporaryText.catch(() => undefined);
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
    takeRemovalNotice: () =>
      call(async ({ chunks }) => {
        await upToDate;
        return chunks.takeRemoval();
      }),
    clearKv: () => call(clearKv),
    ...serveConversations(call, searching, temporaryText),
  };
}

async function usageOf({ mode, chunks }: Stores): Promise<StorageUsage> {
  const [usage, quota] = await Promise.all([chunks.usage(), storageQuota()]);
  return { mode, ...usage, ...quota };
}

/** Removes all KV, and what the device has learned from it. What it has measured of itself stays. */
async function clearKv({ chunks, deviceRecords }: Stores): Promise<void> {
  await chunks.clear();
  await deviceRecords.removeDeviceRecords(LEARNED_RECORDS);
}

/**
 * Removes what is stored as KV and is no such record, and the KV of conversations that no longer exist: those
 * that were deleted while their KV was being written, or just before the page was closed.
 */
async function removeOrphans({ conversations, chunks }: Stores): Promise<void> {
  // A conversation is stored before its KV. So the owners of KV are read before the conversations.
  const owners = await chunks.owners();
  const kept = [...(await conversations.conversations()), ...(await conversations.discarded())];
  const stored = new Set(kept.map(({ id }) => id));
  for (const owner of owners) if (!stored.has(owner)) await chunks.removeOwner(owner);
  await chunks.removeUnknown();
}
