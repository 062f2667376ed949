import { useEffect, useRef } from "react";
import type { ConversationPlace } from "../address/conversation-location.ts";
import type { Conversation } from "../conversation/use-conversation.ts";

/** Shows the branch that the message which is sought is on. Where a turn is running, its branch stays. */
export function useSoughtBranch(
  { sought }: ConversationPlace,
  { messages, showVersion }: Pick<Conversation, "messages" | "showVersion">,
): void {
  const asked = useRef<ConversationPlace["sought"]>(undefined);
  const isElsewhere =
    sought && messages && !messages.some(({ id }) => id === sought.messageId) ? sought : undefined;
  useEffect(() => {
    // Once: where the message is gone, it is on no branch.
    if (!isElsewhere || asked.current === isElsewhere) return;
    asked.current = isElsewhere;
    showVersion(isElsewhere.messageId);
  });
}
