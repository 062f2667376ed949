import { useMutation, useQueryClient, type UseMutationResult } from "@tanstack/react-query";
import type { ImportSummary } from "../../protocol/store-api.ts";
import { rememberExport } from "../last-export.ts";
import { useClient } from "./client-context.ts";
import { queryKeys } from "./conversation-queries.ts";
import { unwrap } from "./query-failure.ts";

/** Writes all conversations into a file. */
export function useExport(): UseMutationResult<Blob, Error, void> {
  const { store } = useClient();
  return useMutation({
    mutationFn: async () => unwrap(await store.exportText()),
    onSuccess: () => rememberExport(Date.now()),
  });
}

/** Adds the conversations of a file to those that are there. */
export function useImport(): UseMutationResult<ImportSummary, Error, Blob> {
  const { store } = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (file: Blob) => unwrap(await store.importText(file)),
    // A file that did not fit has added the conversations before it did not.
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.conversations }),
  });
}
