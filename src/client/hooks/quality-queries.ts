import {
  type QueryClient,
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import { DEFAULT_QUALITY, type QualityLevel } from "../../protocol/quality.ts";
import type { ConversationRecord, StoreApi } from "../../protocol/store-api.ts";
import { useClient } from "./client-context.ts";
import { conversationsQuery, queryKeys } from "./conversation-queries.ts";
import { unwrap } from "./query-failure.ts";

const QUALITY_KEY = ["quality"] as const;

/** The level for every conversation that has no choice of its own. */
export function useQuality(): UseQueryResult<QualityLevel> {
  const { store } = useClient();
  return useQuery(qualityQuery(store));
}

const qualityQuery = (store: StoreApi) =>
  queryOptions({
    queryKey: QUALITY_KEY,
    queryFn: async () => unwrap(await store.quality()),
  });

/** The quality of one conversation: the level that the user chose for it, else the level for all. */
export interface ConversationQuality {
  /** Undefined until it was read. */
  level: QualityLevel | undefined;
  /** The level as far as it is known at the moment of the call, for callers that must not wait. */
  lastKnown: () => QualityLevel;
}

export function useConversationQuality(conversationId: string): ConversationQuality {
  const { store } = useClient();
  const queries = useQueryClient();
  // Only a change of this choice renders again. No choice is null, because undefined means "not read yet".
  const own = useQuery({
    ...conversationsQuery(store),
    select: (records) => ownChoice(records, conversationId) ?? null,
  });
  const ofAll = useQuality();
  return {
    level: own.data === undefined ? undefined : (own.data ?? ofAll.data),
    lastKnown: () => {
      const records = queries.getQueryData<ConversationRecord[]>(queryKeys.conversations) ?? [];
      const ofAllNow = queries.getQueryData<QualityLevel>(QUALITY_KEY);
      return ownChoice(records, conversationId) ?? ofAllNow ?? DEFAULT_QUALITY;
    },
  };
}

/** The quality of a conversation that is not shown. It is read from the store unless it is known already. */
export async function readConversationQuality(
  store: StoreApi,
  queries: QueryClient,
  conversationId: string,
): Promise<QualityLevel> {
  const [records, ofAll] = await Promise.all([
    queries.query({ ...conversationsQuery(store), staleTime: Infinity }),
    queries.query({ ...qualityQuery(store), staleTime: Infinity }),
  ]);
  return ownChoice(records, conversationId) ?? ofAll;
}

const ownChoice = (records: readonly ConversationRecord[], conversationId: string) =>
  records.find(({ id }) => id === conversationId)?.quality;

export interface QualityChange {
  /** Undefined takes an earlier choice back. */
  level: QualityLevel | undefined;
  /** Undefined means all conversations. */
  conversationId?: string | undefined;
}

export function useSetQuality(): UseMutationResult<void, Error, QualityChange> {
  const { store, channel } = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ level, conversationId }: QualityChange) =>
      unwrap(await store.setQuality(level, conversationId)),
    onSettled: () => {
      channel.post({ type: "quality-changed" });
      return refreshQuality(queries);
    },
  });
}

/** Reads all levels again after another one was chosen. Resolves when what is on screen is up to date. */
export async function refreshQuality(queries: QueryClient): Promise<void> {
  await Promise.all([
    queries.invalidateQueries({ queryKey: QUALITY_KEY }),
    queries.invalidateQueries({ queryKey: queryKeys.conversations }),
  ]);
}
