import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { keptData, type Kept } from "../erasure/kept-data.ts";
import { useStorageUsage } from "./storage-queries.ts";

export const KEPT_DATA = ["storage", "all"] as const;

/** What the browser keeps for this page. It is looked up again whenever a component begins to use this. */
export function useKeptData(): UseQueryResult<Kept[]> {
  return useQuery({
    queryKey: KEPT_DATA,
    queryFn: keptData,
    staleTime: 0,
    refetchOnMount: "always",
  });
}

/** Bytes of all KV; undefined until they are known. */
export const useKvBytes = (): number | undefined => useStorageUsage().data?.kvBytes;
