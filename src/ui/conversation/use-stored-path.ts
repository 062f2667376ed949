import { useMemo } from "react";
import { useMessages } from "../../client/hooks/conversation-queries.ts";
import { failureOf } from "../../client/hooks/query-failure.ts";
import { shownPath } from "../../client/session/message-path.ts";
import type { EngineFailure, Result } from "../../protocol/errors.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";

export interface StoredPath {
  /** The whole tree; undefined until it was read. */
  all: readonly MessageRecord[] | undefined;
  /** The path to the conversation's head, as it is stored now or was a moment ago; undefined while it is not known. */
  path: readonly MessageRecord[] | undefined;
  failure: EngineFailure | undefined;
  /** Reads the id of the head that is stored now. A message after an older head would begin another branch. */
  readHead: () => Promise<Result<string | null>>;
  readAgain: () => void;
}

/** What is stored of a conversation, as the page last read it. */
export function useStoredPath(conversationId: string): StoredPath {
  const query = useMessages(conversationId);
  const { data, error, isFetchedAfterMount, isFetching, isStale, refetch } = query;
  const isNow = isFetchedAfterMount && !isFetching && !error;
  // What was read before the conversation was opened is good enough to begin restoring its KV.
  const isKnown = isNow || (!isStale && !error);
  const path = useMemo(() => (isKnown && data ? shownPath(data) : undefined), [isKnown, data]);
  return {
    all: data,
    path,
    failure: error ? failureOf(error) : undefined,
    readHead: async () => {
      const read = isNow ? query : await refetch({ cancelRefetch: false });
      if (read.error) return { ok: false, failure: failureOf(read.error) };
      return { ok: true, value: read.data?.at(-1)?.id ?? null };
    },
    readAgain: () => void refetch(),
  };
}
