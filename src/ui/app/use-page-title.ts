import { useEffect } from "react";
import { useIsTitleShown } from "../../client/hooks/client-context.ts";
import { useConversations } from "../../client/hooks/conversation-queries.ts";

const PAGE = "Rekindle";

/**
 * The tab's name follows the conversation that is open, so that tabs and entries of the history are told apart; unless
 * the person wants titles to be kept out of the browser's history.
 */
export function usePageTitle(conversationId: string): void {
  const isShown = useIsTitleShown();
  const own = useConversations()
    .data?.find(({ id }) => id === conversationId)
    ?.title.trim();
  const title = isShown ? own : undefined;
  useEffect(() => {
    document.title = title ? `${title} – ${PAGE}` : PAGE;
    return () => {
      document.title = PAGE;
    };
  }, [title]);
}
