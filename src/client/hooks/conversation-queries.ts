import {
  keepPreviousData,
  QueryClient,
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import type {
  ConversationChange,
  ConversationRecord,
  MessageRecord,
  SearchHit,
  StoreApi,
} from "../../protocol/store-api.ts";
import { discardConversations, restoreConversations } from "../session/chat-tab.ts";
import { useClient } from "./client-context.ts";
import { draftAttachments } from "../attachments/draft-attachments.ts";
import { writeDraft } from "../session/drafts.ts";
import { failureOf, unwrap } from "./query-failure.ts";
import { refreshUsage } from "./storage-queries.ts";

export const queryKeys = {
  conversations: ["conversations"],
  search: ["search"],
  messages: (conversationId: string) => ["messages", conversationId],
} as const;

/** All conversations, most recently updated first. */
export function useConversations(): UseQueryResult<ConversationRecord[]> {
  const { store } = useClient();
  return useQuery(conversationsQuery(store));
}

export const conversationsQuery = (store: StoreApi) =>
  queryOptions({
    queryKey: queryKeys.conversations,
    queryFn: async () => unwrap(await store.conversations()),
  });

/**
 * The whole tree of messages of one conversation, oldest first; the last one is the conversation's head. A reply
 * that is stored as streaming is shown as stopped: one that is really streaming is in the chat state.
 *
 * Messages that were read before the conversation is shown are there at once, and are read again all the same: a
 * new message must not be appended to an older head.
 */
export function useMessages(conversationId: string): UseQueryResult<MessageRecord[]> {
  const { store } = useClient();
  return useQuery({
    ...messagesQuery(store, conversationId),
    refetchOnMount: "always",
    refetchOnWindowFocus: "always",
  });
}

/** How long messages that were read ahead count as fresh: from pointing at a conversation's link to clicking it. */
const AHEAD_MS = 10_000;

export const messagesQuery = (store: StoreApi, conversationId: string) =>
  queryOptions({
    queryKey: queryKeys.messages(conversationId),
    queryFn: async () => unwrap(await store.messages(conversationId)).map(stoppedIfStreaming),
    staleTime: AHEAD_MS,
  });

/** Deletes conversations in a way that can be taken back; turns in them, in any tab, are stopped. */
export function useDiscardConversations(): UseMutationResult<void, Error, readonly string[]> {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (ids: readonly string[]) =>
      unwrap(await discardConversations(client, client.store, ids)),
    onSettled: (_data, _error, ids) => refreshAll(queries, ids),
  });
}

/** Brings conversations back that were discarded. */
export function useRestoreConversations(): UseMutationResult<void, Error, readonly string[]> {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (ids: readonly string[]) =>
      unwrap(await restoreConversations(client, client.store, ids)),
    onSettled: (_data, _error, ids) => refreshAll(queries, ids),
  });
}

/** Deletes conversations for good, with their messages, KV and drafts. */
export function useDeleteConversations(): UseMutationResult<void, Error, readonly string[]> {
  const { store } = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (ids: readonly string[]) => {
      for (const id of ids) {
        unwrap(await store.deleteConversation(id));
        writeDraft(id, "");
        void draftAttachments.write(id, []);
      }
    },
    onSettled: () => refreshUsage(queries),
  });
}

/** Changes a conversation's title, or whether it is pinned, in every tab. */
export function useChangeConversation(): UseMutationResult<
  void,
  Error,
  { id: string; change: ConversationChange }
> {
  const { store, channel } = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, change }) => unwrap(await store.changeConversation(id, change)),
    onSettled: async (_data, _error, { id: conversationId }) => {
      channel.post({ type: "stored", conversationId });
      await refresh(queries, conversationId);
    },
  });
}

/** Adds a copy of a conversation. Gives its id; undefined where there was none to copy. */
export function useCopyConversation(): UseMutationResult<
  string | undefined,
  Error,
  { id: string; title: string }
> {
  const { store, channel } = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, title }) => unwrap(await store.copyConversation(id, title)),
    onSettled: async (copyId) => {
      if (copyId === undefined) return;
      channel.post({ type: "stored", conversationId: copyId });
      await refresh(queries, copyId);
    },
  });
}

/** The conversations in which a query is found; undefined until the first answer. An empty query finds nothing. */
export function useSearch(query: string): UseQueryResult<SearchHit[]> {
  const { store } = useClient();
  return useQuery({
    queryKey: [...queryKeys.search, query],
    queryFn: async () => unwrap(await store.search(query)),
    enabled: query.trim() !== "",
    // What was found for the letters before stays until what is found for these is there.
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
}

/** Has the store read all texts, so that the first search does not have to wait for it. */
export function useSearchAhead(): () => void {
  const { store } = useClient();
  return () => void store.search("");
}

async function refreshAll(queries: QueryClient, ids: readonly string[]): Promise<void> {
  await Promise.all([
    queries.invalidateQueries({ queryKey: queryKeys.conversations }),
    queries.invalidateQueries({ queryKey: queryKeys.search }),
    ...ids.map((id) => queries.invalidateQueries({ queryKey: queryKeys.messages(id) })),
    refreshUsage(queries),
  ]);
}

/** Reads a conversation again after a change. Resolves when what is on screen is up to date. */
export async function refresh(queries: QueryClient, conversationId: string): Promise<void> {
  await Promise.all([
    queries.invalidateQueries({ queryKey: queryKeys.conversations }),
    queries.invalidateQueries({ queryKey: queryKeys.search }),
    queries.invalidateQueries({ queryKey: queryKeys.messages(conversationId) }),
  ]);
}

export function createQueryClient(): QueryClient {
  // All data is local, so being offline is no reason to wait. Only after a worker's death is another try of use,
  // because that starts a new worker.
  const retry = (failures: number, error: Error) =>
    failures < 1 && failureOf(error).code === "worker-died";
  return new QueryClient({
    defaultOptions: {
      queries: { networkMode: "always", retry, retryDelay: 0 },
      mutations: { networkMode: "always", retry: false },
    },
  });
}

function stoppedIfStreaming(message: MessageRecord): MessageRecord {
  return message.status === "streaming" ? { ...message, status: "stopped" } : message;
}
