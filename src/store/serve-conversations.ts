import type { Result } from "../protocol/errors.ts";
import type { ForkRequest, StoreApi } from "../protocol/store-api.ts";
import { isTemporary } from "../protocol/temporary-conversation.ts";
import { EngineError } from "../shared/engine-error.ts";
import { forked } from "./conversations/branches.ts";
import type { ConversationStore } from "./conversations/conversation-store.ts";
import type { Stores } from "./open-stores.ts";
import { inOrder } from "./records/message-record.ts";
import type { ConversationSearch } from "./search/conversation-search.ts";
import { copied } from "./transfer/copy-conversation.ts";
import { exportText } from "./transfer/export-text.ts";
import { importText } from "./transfer/import-text.ts";

/** Does some work on the stores once they are open, and says what came of it. */
type Call = <T>(work: (stores: Stores) => Promise<T>) => Promise<Result<T>>;

/** The part of `StoreApi` that is about conversations and their text. */
export function serveConversations(
  call: Call,
  searching: Promise<ConversationSearch>,
  temporaryText: Promise<Pick<ConversationStore, "conversations" | "messages">>,
) {
  return {
    conversations: () => call(({ conversations }) => conversations.conversations()),
    messages: (conversationId) =>
      call(({ conversations }) => conversations.messages(conversationId)),
    appendMessage: (message) =>
      call((stores) =>
        withRoomOfKv(stores, ({ conversations }) => conversations.appendMessage(message)),
      ),
    updateMessage: (id, change) =>
      call((stores) =>
        withRoomOfKv(stores, async ({ conversations }) => {
          await conversations.updateMessage(id, change);
          (await searching).noteChange(id);
        }),
      ),
    setHead: (conversationId, headId) =>
      call(({ conversations }) => conversations.setHead(conversationId, headId)),
    changeConversation: (id, change) =>
      call((stores) =>
        withRoomOfKv(stores, ({ conversations }) => conversations.changeConversation(id, change)),
      ),
    discardConversations: (ids) =>
      call(({ conversations }) => conversations.discardConversations(ids)),
    restoreConversations: (ids) =>
      call(({ conversations }) => conversations.restoreConversations(ids)),
    copyConversation: (id, title) => call((stores) => copyOf(stores, { id, title })),
    search: (query) => call(async () => (await searching).search(query)),
    exportText: (request = {}) =>
      call(async ({ allText }) =>
        isTemporary(request.conversationId ?? "")
          ? exportText(await temporaryText, request, Date.now())
          : allText((source) => exportText(source, request, Date.now())),
      ),
    importText: (file) =>
      call((stores) => importText({ addConversations: addingTo(stores) }, file)),
    withdrawMessage: (conversationId, messageId) =>
      call(({ conversations }) => conversations.withdrawMessage(conversationId, messageId)),
    forkConversation: (request) => call((stores) => forkConversation(stores, request)),
    deleteConversation: (id) => call((stores) => deleteConversation(stores, id)),
  } satisfies Partial<StoreApi>;
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

async function copyOf(
  stores: Stores,
  { id, title }: { id: string; title: string },
): Promise<string | undefined> {
  const { conversations } = stores;
  const conversation = (await conversations.conversations()).find((one) => one.id === id);
  // The head comes last, and messages are read oldest first.
  const messages = inOrder(await conversations.messages(id));
  const copy = conversation && copied({ conversation, messages }, title, Date.now());
  if (copy) await addingTo(stores)([copy]);
  return copy?.conversation.id;
}

export async function deleteConversation(
  { conversations, chunks }: Stores,
  id: string,
): Promise<void> {
  await conversations.deleteConversation(id);
  // The conversation is gone even if its KV cannot be removed now. The next start removes what is left of it.
  await chunks.removeOwner(id).catch(() => undefined);
}
