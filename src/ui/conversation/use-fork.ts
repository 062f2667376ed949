import { t } from "@lingui/core/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../client/hooks/client-context.ts";
import { refresh, useConversations } from "../../client/hooks/conversation-queries.ts";
import type { EngineFailure } from "../../protocol/errors.ts";

export interface Fork {
  /** Makes a conversation of its own of the messages down to this one, and opens it. */
  fork: (messageId: string) => void;
  /** Why that could not be done. */
  failure: EngineFailure | undefined;
}

/** Forks one conversation. @param onOpen called with the id of the new one */
export function useFork(conversationId: string, onOpen: (forkedId: string) => void): Fork {
  const { store, channel } = useClient();
  const queries = useQueryClient();
  const [failure, setFailure] = useState<EngineFailure>();
  const title = useConversations().data?.find(({ id }) => id === conversationId)?.title ?? "";
  const fork = async (messageId: string) => {
    const request = { conversationId, messageId, title: t`${title} (fork)` };
    const forked = await store.forkConversation(request);
    setFailure(forked.ok ? undefined : forked.failure);
    if (!forked.ok || forked.value === null) return;
    channel.post({ type: "stored", conversationId: forked.value });
    await refresh(queries, forked.value);
    onOpen(forked.value);
  };
  return { fork: (messageId) => void fork(messageId), failure };
}
