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

/** Most recently updated first. */
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
 * The whole tree of one conversation, oldest first: the last one is the conversation's head. A reply
 * stored as streaming is shown as stopped; the one that really streams is in the chat state.
 *
 * What was read before it is shown is there at once, and read again all the same: what is written after
 * it must not follow an older head.
 */
export function useMessages(conversationId: string): UseQueryResult<MessageRecord[]> {
  const { store } = useClient();
  return useQuery({
    ...messagesQuery(store, conversationId),
    refetchOnMount: "always",
    refetchOnWindowFocus: "always",
  });
}

/** What is read ahead of an opening counts as read for so long: from pointing at a link to its click. */
const AHEAD_MS = 10_000;

export const messagesQuery = (store: StoreApi, conversationId: string) =>
  queryOptions({
    queryKey: queryKeys.messages(conversationId),
    queryFn: async () => unwrap(await store.messages(conversationId)).map(asLeft),
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

/** What is stored of a conversation changed. Resolves when what is on screen was read again. */
export async function refresh(queries: QueryClient, conversationId: string): Promise<void> {
  await Promise.all([
    queries.invalidateQueries({ queryKey: queryKeys.conversations }),
    queries.invalidateQueries({ queryKey: queryKeys.messages(conversationId) }),
  ]);
}

export function createQueryClient(): QueryClient {
  // All data is local: being offline is no reason to wait, and only a restarted worker to try again.
  const retry = (failures: number, error: Error) =>
    failures < 1 && failureOf(error).code === "worker-died";
  return new QueryClient({
    defaultOptions: {
      queries: { networkMode: "always", retry, retryDelay: 0 },
      mutations: { networkMode: "always", retry: false },
    },
  });
}

function asLeft(message: MessageRecord): MessageRecord {
  return message.status === "streaming" ? { ...message, status: "stopped" } : message;
}
