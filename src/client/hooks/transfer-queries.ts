import { useMutation, useQueryClient, type UseMutationResult } from "@tanstack/react-query";
import type { ExportRequest, ImportSummary } from "../../protocol/store-api.ts";
import { rememberExport } from "../last-export.ts";
import { KEPT_DATA } from "./erasure-queries.ts";
import { useClient } from "./client-context.ts";
import { queryKeys } from "./conversation-queries.ts";
import { unwrap } from "./query-failure.ts";

/** Writes conversations into a file. Only a file that all of them can be brought back from counts as an export. */
export function useExport(): UseMutationResult<Blob, Error, ExportRequest> {
  const { store } = useClient();
  return useMutation({
    mutationFn: async (request: ExportRequest) => unwrap(await store.exportText(request)),
    onSuccess: (_file, { conversationId, markdown }) => {
      if (conversationId === undefined && !markdown) rememberExport(Date.now());
    },
  });
}

/** Adds the conversations of a file to those that are there. */
export function useImport(): UseMutationResult<ImportSummary, Error, Blob> {
  const { store } = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (file: Blob) => unwrap(await store.importText(file)),
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: queryKeys.conversations }),
        queries.invalidateQueries({ queryKey: KEPT_DATA }),
      ]),
  });
}
