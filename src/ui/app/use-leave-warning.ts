import { useEffect, useState } from "react";
import { hasTemporaryDraft } from "../../client/session/drafts.ts";
import { isTemporary } from "../../protocol/temporary-conversation.ts";
import type { ConversationPlace } from "../address/conversation-location.ts";

/** Has the browser ask before the page is left, once there is text in it that would be gone for good. */
export function useLeaveWarning({ conversationId, isNew }: ConversationPlace): void {
  const isShown = isTemporary(conversationId);
  // A temporary conversation that is left for another one can be come back to, as long as the tab is there.
  const [hasBegun, setBegun] = useState(false);
  if (isShown && !isNew && !hasBegun) setBegun(true);
  useEffect(() => {
    if (!isShown && !hasBegun) return;
    const warn = (event: BeforeUnloadEvent) => {
      if (hasBegun || hasTemporaryDraft()) event.preventDefault();
    };
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isShown, hasBegun]);
}
