import { useEffect } from "react";
import { useConversations } from "../../client/hooks/conversation-queries.ts";

const PAGE = "Rekindle";

/** The tab's name follows the conversation that is open, so that tabs and entries of the history are told apart. */
export function usePageTitle(conversationId: string): void {
  const title = useConversations()
    .data?.find(({ id }) => id === conversationId)
    ?.title.trim();
  useEffect(() => {
    document.title = title ? `${title} – ${PAGE}` : PAGE;
    return () => {
      document.title = PAGE;
    };
  }, [title]);
}
