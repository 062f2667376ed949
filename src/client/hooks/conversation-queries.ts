import {
  QueryClient,
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import type { ConversationRecord, MessageRecord, StoreApi } from "../../protocol/store-api.ts";
import { deleteConversation } from "../session/chat-tab.ts";
import { useClient } from "./client-context.ts";
import { writeDraft } from "../session/drafts.ts";
import { failureOf, unwrap } from "./query-failure.ts";
import { refreshUsage } from "./storage-queries.ts";

export const queryKeys = {
  conversations: ["conversations"],
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

/** Deletes a conversation, its messages and its draft; a turn in it, in any tab, is stopped. */
export function useDeleteConversation(): UseMutationResult<void, Error, string> {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (conversationId: string) => {
      unwrap(await deleteConversation(client, client.store, conversationId));
      writeDraft(conversationId, "");
    },
    onSettled: async (_data, _error, conversationId) => {
      await Promise.all([refresh(queries, conversationId), refreshUsage(queries)]);
    },
  });
}

/** Reads a conversation again after a change. Resolves when what is on screen is up to date. */
export async function refresh(queries: QueryClient, conversationId: string): Promise<void> {
  await Promise.all([
    queries.invalidateQueries({ queryKey: queryKeys.conversations }),
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
