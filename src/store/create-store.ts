import { LEARNED_RECORDS } from "../protocol/kv-store-api.ts";
import type { ForkRequest, StorageUsage, StoreApi } from "../protocol/store-api.ts";
import { EngineError } from "../shared/engine-error.ts";
import { resultOf } from "../shared/result-of.ts";
import { forked } from "./conversations/branches.ts";
import type { ConversationStore } from "./conversations/conversation-store.ts";
import { DatabaseHandover } from "./database/database-handover.ts";
import { serveKv } from "./serve-kv.ts";
import { openStores, type StoreOptions, type Stores } from "./open-stores.ts";
import { exportText } from "./transfer/export-text.ts";
import { importText } from "./transfer/import-text.ts";
import { storageQuota } from "./space/storage-quota.ts";

/**
 * The store worker's `StoreApi`: conversations and their messages, KV chunks, and device records.
 *
 * `openStores` opens the database, or falls back to memory. Each call waits for that, works on one of the
 * stores, and answers with a `Result`. The page calls it directly, the engine through a port (`serveKv`).
 */
export function createStore(options: StoreOptions = {}): StoreApi {
  const handover = new DatabaseHandover();
  const opening = openStores(options, handover);
  // If this fails, the next start tries it again.
  opening.then(removeOrphans).catch(() => undefined);
  // So does the next start with this.
  const upToDate = opening.then(({ chunks }) => chunks.removeOutdated()).catch(() => undefined);
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
    conversations: () => call(({ conversations }) => conversations.conversations()),
    messages: (conversationId) =>
      call(({ conversations }) => conversations.messages(conversationId)),
    appendMessage: (message) =>
      call((stores) =>
        withRoomOfKv(stores, ({ conversations }) => conversations.appendMessage(message)),
      ),
    updateMessage: (id, change) =>
      call((stores) =>
        withRoomOfKv(stores, ({ conversations }) => conversations.updateMessage(id, change)),
      ),
    setHead: (conversationId, headId) =>
      call(({ conversations }) => conversations.setHead(conversationId, headId)),
    changeConversation: (id, change) =>
      call((stores) =>
        withRoomOfKv(stores, ({ conversations }) => conversations.changeConversation(id, change)),
      ),
    exportText: (request = {}) =>
      call(({ allText }) => allText((source) => exportText(source, request, Date.now()))),
    importText: (file) =>
      call((stores) => importText({ addConversations: addingTo(stores) }, file)),
    withdrawMessage: (conversationId, messageId) =>
      call(({ conversations }) => conversations.withdrawMessage(conversationId, messageId)),
    forkConversation: (request) => call((stores) => forkConversation(stores, request)),
    deleteConversation: (id) => call((stores) => deleteConversation(stores, id)),
  };
}

async function usageOf({ mode, chunks }: Stores): Promise<StorageUsage> {
  const [usage, quota] = await Promise.all([chunks.usage(), storageQuota()]);
  return { mode, ...usage, ...quota };
}

/** Bytes of KV that go when text finds no room. A message has much less, but a browser takes its time to free space. */
const FREED_FOR_TEXT_BYTES = 2 ** 24;

/** Writes text. Where the browser refuses the space, KV goes, and it is tried once more. */
async function withRoomOfKv<T>(stores: Stores, write: (stores: Stores) => Promise<T>): Promise<T> {
  try {
    return await write(stores);
  } catch (error) {
    const isFull = error instanceof EngineError && error.failure.code === "quota-exceeded";
    if (!isFull || (await stores.chunks.free(FREED_FOR_TEXT_BYTES)) === 0) throw error;
    return write(stores);
  }
}

const addingTo =
  (stores: Stores): ConversationStore["addConversations"] =>
  (added) =>
    withRoomOfKv(stores, ({ conversations }) => conversations.addConversations(added));

/** @returns the id of the new conversation; null if there is no such message */
async function forkConversation(stores: Stores, request: ForkRequest): Promise<string | null> {
  const { conversations } = stores;
  const all = await conversations.conversations();
  const conversation = all.find(({ id }) => id === request.conversationId);
  if (!conversation) return null;
  const messages = await conversations.messages(conversation.id);
  const fork = forked({ conversation, messages }, request, Date.now());
  if (!fork) return null;
  await addingTo(stores)([fork]);
  return fork.conversation.id;
}

/** Removes all KV, and what the device has learned from it. What it has measured of itself stays. */
async function clearKv({ chunks, deviceRecords }: Stores): Promise<void> {
  await chunks.clear();
  await deviceRecords.removeDeviceRecords(LEARNED_RECORDS);
}

async function deleteConversation({ conversations, chunks }: Stores, id: string): Promise<void> {
  await conversations.deleteConversation(id);
  // The conversation is gone even if its KV cannot be removed now. The next start removes what is left of it.
  await chunks.removeOwner(id).catch(() => undefined);
}

/**
 * Removes what is stored as KV and is no such record, and the KV of conversations that no longer exist: those
 * that were deleted while their KV was being written, or just before the page was closed.
 */
async function removeOrphans({ conversations, chunks }: Stores): Promise<void> {
  // A conversation is stored before its KV. So the owners of KV are read before the conversations.
  const owners = await chunks.owners();
  const stored = new Set((await conversations.conversations()).map(({ id }) => id));
  for (const owner of owners) if (!stored.has(owner)) await chunks.removeOwner(owner);
  await chunks.removeUnknown();
}
