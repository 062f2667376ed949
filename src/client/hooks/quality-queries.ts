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

/** Of one conversation: what the user chose for it, else what is for all. */
export interface ConversationQuality {
  /** Undefined until it was read. */
  level: QualityLevel | undefined;
  /** As far as it is known at the moment of the call: what must not wait takes this. */
  lastKnown: () => QualityLevel;
}

export function useConversationQuality(conversationId: string): ConversationQuality {
  const { store } = useClient();
  const queries = useQueryClient();
  // Other changes of the list are none of this hook's business; null because undefined is "not read".
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

/** Of a conversation that is not shown; read from the store where it is not known. */
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

export interface QualityWish {
  /** Undefined takes the choice back. */
  level: QualityLevel | undefined;
  /** Undefined: for all. */
  conversationId?: string | undefined;
}

export function useSetQuality(): UseMutationResult<void, Error, QualityWish> {
  const { store, channel } = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ level, conversationId }: QualityWish) =>
      unwrap(await store.setQuality(level, conversationId)),
    onSettled: () => {
      channel.post({ type: "quality-changed" });
      return refreshQuality(queries);
    },
  });
}

/** Another level was chosen somewhere. Resolves when what is on screen was read again. */
export async function refreshQuality(queries: QueryClient): Promise<void> {
  await Promise.all([
    queries.invalidateQueries({ queryKey: QUALITY_KEY }),
    queries.invalidateQueries({ queryKey: queryKeys.conversations }),
  ]);
}
