import { useEffect, useState } from "react";
import {
  listenToReturns,
  NEW_CONVERSATION,
  readDraft,
  writeDraft,
} from "../../client/session/drafts.ts";
import { isTemporary } from "../../protocol/temporary-conversation.ts";
import type { ConversationPlace } from "../address/conversation-location.ts";

export interface Draft {
  /** By which it is kept. */
  key: string;
  text: string;
  change: (text: string) => void;
  /** Removes `sent`, which is stored by now. What was typed after it stays. */
  removeSent: (sent: string) => void;
}

/** The composer's text, kept per conversation across reloads. */
export function useDraft({ conversationId, isNew }: ConversationPlace): Draft {
  const key = isNew && !isTemporary(conversationId) ? NEW_CONVERSATION : conversationId;
  const [text, change] = useState(() => readDraft(key));
  useEffect(() => void writeDraft(key, text), [key, text]);
  useEffect(
    () =>
      listenToReturns((id, draft) => {
        if (id === conversationId || id === key) change(draft);
      }),
    [conversationId, key],
  );
  useEffect(() => {
    // Another tab may have kept a draft of its own since, or have sent the text that both tabs showed.
    const keep = () => {
      if (text !== "") writeDraft(key, text);
    };
    window.addEventListener("pagehide", keep);
    return () => window.removeEventListener("pagehide", keep);
  }, [key, text]);

  const removeSent = (sent: string) => {
    // The effect would come too late: by then the key may have changed, or the conversation may have been left.
    writeDraft(key, "");
    change((typed) => (typed.startsWith(sent) ? typed.slice(sent.length) : typed));
  };
  return { key, text, change, removeSent };
}
