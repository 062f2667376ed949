import { useQuery } from "@tanstack/react-query";
import { isModelHere } from "../models/model-presence.ts";
import { useClient } from "./client-context.ts";

/** Whether a model's weights are still in this browser; true until that is known. @param url undefined for no model */
export function useIsModelHere(url: string | undefined): boolean {
  const { modelChoice, downloads } = useClient();
  const { embedded } = modelChoice;
  const query = useQuery({
    queryKey: ["model-presence", url],
    queryFn: () =>
      url === undefined ? true : isModelHere(url, { embedded, downloads: downloads.getSnapshot() }),
    // They may be downloaded or deleted at any time, and looking is cheap.
    staleTime: 0,
    enabled: url !== undefined,
  });
  return query.data ?? true;
}
