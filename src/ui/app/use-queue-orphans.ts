import { useEffect, useRef } from "react";
import { useClient } from "../../client/hooks/client-context.ts";
import { useConversations } from "../../client/hooks/conversation-queries.ts";
import { returnFiles } from "../../client/session/queued-files.ts";
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
    const texts = orphans.map(({ text }) => text).filter((text) => text !== "");
    if (texts.length > 0) returnToDraft(NEW_CONVERSATION, texts.join("\n\n"));
    for (const { files } of orphans) if (files) void returnFiles(NEW_CONVERSATION, files);
  }, [data, queue, shownId]);
}
