import { useEffect, useRef } from "react";
import { useClient } from "../../client/hooks/client-context.ts";
import { useConversations } from "../../client/hooks/conversation-queries.ts";
import { NEW_CONVERSATION, returnToDraft } from "../../client/session/drafts.ts";

/**
 * A message may have been queued in a new conversation, and the page closed before it was sent. Nobody would come by it
 * there, so it becomes the draft of the next new conversation. This is done once, when the page starts.
 */
export function useQueueOrphans(shownId: string): void {
  const { queue } = useClient();
  const { data } = useConversations();
  const isDone = useRef(false);
  useEffect(() => {
    if (!data || isDone.current) return;
    isDone.current = true;
    const orphans = queue.takeOrphans(new Set([shownId, ...data.map(({ id }) => id)]));
    if (orphans.length > 0) returnToDraft(NEW_CONVERSATION, orphans.join("\n\n"));
  }, [data, queue, shownId]);
}
