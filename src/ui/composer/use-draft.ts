import { useEffect, useState } from "react";
import { NEW_CONVERSATION, readDraft, writeDraft } from "../../client/session/drafts.ts";
import type { ConversationPlace } from "../address/conversation-location.ts";

export interface Draft {
  text: string;
  change: (text: string) => void;
  /** `sent` is stored: what was typed after it stays. */
  removeSent: (sent: string) => void;
}

/** The composer's text, kept per conversation across reloads. */
export function useDraft({ conversationId, isNew }: ConversationPlace): Draft {
  const key = isNew ? NEW_CONVERSATION : conversationId;
  const [text, change] = useState(() => readDraft(key));
  useEffect(() => writeDraft(key, text), [key, text]);
  useEffect(() => {
    // Another tab may have put its own there since, or have sent what both showed.
    const keep = () => {
      if (text !== "") writeDraft(key, text);
    };
    window.addEventListener("pagehide", keep);
    return () => window.removeEventListener("pagehide", keep);
  }, [key, text]);

  const removeSent = (sent: string) => {
    // Not left to the effect: by then the key may have changed, or the conversation been left.
    writeDraft(key, "");
    change((typed) => (typed.startsWith(sent) ? typed.slice(sent.length) : typed));
  };
  return { text, change, removeSent };
}
