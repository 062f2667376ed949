import {
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import type { KeptModel } from "../local-files/file-records.ts";
import { useClient } from "./client-context.ts";
import { refreshUsage } from "./storage-queries.ts";

const KEPT_MODELS = ["storage", "models"] as const;

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
