import {
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import type { KeptModel } from "../local-files/file-records.ts";
import { cachedModels, deleteCachedModel, type CachedModel } from "../models/cached-models.ts";
import { useClient, useDownloads } from "./client-context.ts";
import { refreshUsage } from "./storage-queries.ts";

const KEPT_MODELS = ["storage", "models"] as const;
const CACHED_MODELS = ["storage", "cached-models"] as const;

/** The local models that are there at the next visit. They are read again whenever a component begins to use this. */
export function useKeptModels(): UseQueryResult<KeptModel[]> {
  const { localModels } = useClient();
  return useQuery({ queryKey: KEPT_MODELS, queryFn: () => localModels.kept() });
}

/** Deletes the copy of a local model, or forgets where its file is. The one in use goes on until it is left. */
export function useForgetModel(): UseMutationResult<void, Error, string> {
  const { modelChoice } = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (address: string) => modelChoice.forget(address),
    onSettled: async () => {
      await queries.invalidateQueries({ queryKey: KEPT_MODELS });
      await refreshUsage(queries);
    },
  });
}

/**
 * What the engine has fetched because it was opened by its address: neither a model of the page or its server, nor one of
 * the list of downloads. It is read again whenever a component begins to use this.
 */
export function useCachedModels(): readonly CachedModel[] {
  const { modelChoice } = useClient();
  const downloads = useDownloads();
  const { data = [] } = useQuery({
    // A download that is deleted leaves the cache too.
    queryKey: [...CACHED_MODELS, downloads.map(({ url }) => url)],
    queryFn: () => cachedModels(),
  });
  const others = [
    ...modelChoice.embedded,
    ...[...modelChoice.standing, ...downloads].map(({ url }) => url),
  ];
  return data.filter(({ url }) => !others.includes(url));
}

/** Deletes such a model. The next visit does not begin with it; the one in use goes on until it is left. */
export function useDeleteCachedModel(): UseMutationResult<void, Error, string> {
  const { modelChoice } = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (url: string) => {
      await modelChoice.forget(url);
      await deleteCachedModel(url);
    },
    onSettled: async () => {
      await queries.invalidateQueries({ queryKey: CACHED_MODELS });
      await queries.invalidateQueries({ queryKey: ["model-presence"] });
      await refreshUsage(queries);
    },
  });
}
