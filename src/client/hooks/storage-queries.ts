import {
  type QueryClient,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import type { Result } from "../../protocol/errors.ts";
import type { StorageUsage } from "../../protocol/store-api.ts";
import { useClient } from "./client-context.ts";
import { isStoragePersistent } from "../persistent-storage.ts";
import { unwrap } from "./query-failure.ts";

const queryKeys = {
  usage: ["storage", "usage"],
  kept: ["storage", "kept"],
  removal: ["storage", "removal"],
} as const;

/** Where data is kept, and how much of it. It is read again whenever a component begins to use this. */
export function useStorageUsage(): UseQueryResult<StorageUsage> {
  const { store } = useClient();
  return useQuery({
    queryKey: queryKeys.usage,
    queryFn: async () => unwrap(await store.usage()),
  });
}

/** Whether the browser has promised to keep the page's data; null where it does not say. */
export function useIsStoragePersistent(): UseQueryResult<boolean | null> {
  return useQuery({ queryKey: queryKeys.kept, queryFn: () => isStoragePersistent() });
}

/** Whether to say that an update has removed KV. The store says so once, and then it holds for this page. */
export function useRemovalNotice(): boolean {
  const { store } = useClient();
  const { data = false } = useQuery({
    queryKey: queryKeys.removal,
    queryFn: async () => unwrap(await store.takeRemovalNotice()),
    staleTime: Infinity,
    gcTime: Infinity,
  });
  return data;
}

/** Sets how many bytes of KV are kept at most; undefined for the default. */
export function useSetLimit(): UseMutationResult<void, Error, number | undefined> {
  const { store } = useClient();
  return useKvChange((limitBytes: number | undefined) => store.setLimit(limitBytes));
}

/** Removes all KV; text stays. */
export function useClearKv(): UseMutationResult<void, Error, void> {
  const { store } = useClient();
  return useKvChange(() => store.clearKv());
}

/** Reads again how much is stored, and whether it is kept. Resolves when what is on screen is up to date. */
export async function refreshUsage(queries: QueryClient): Promise<void> {
  await Promise.all([
    queries.invalidateQueries({ queryKey: queryKeys.usage }),
    queries.invalidateQueries({ queryKey: queryKeys.kept }),
  ]);
}

function useKvChange<Wish>(
  change: (wish: Wish) => Promise<Result<void>>,
): UseMutationResult<void, Error, Wish> {
  const { channel } = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (wish: Wish) => unwrap(await change(wish)),
    onSettled: () => {
      channel.post({ type: "kv-changed" });
      return refreshUsage(queries);
    },
  });
}
