import { type RefObject, useRef } from "react";
import type { ConversationPlace } from "../address/conversation-location.ts";
import type { UrlOptions } from "../address/url-options.ts";
import { type Draft, useDraft } from "../composer/use-draft.ts";
import { type Conversation, useConversation } from "../conversation/use-conversation.ts";
import { focusForTyping } from "../focus-for-typing.ts";
import { type ModelFiles, useModelFiles } from "../models/use-model-files.ts";
import { type ModelDecision, useModelDecision } from "../notices/use-model-decision.ts";
import { withExample } from "../thread/EmptyThread.tsx";

export interface Chat {
  conversation: Conversation;
  draft: Draft;
  model: ModelDecision;
  files: ModelFiles;
  /** The text field, which is given the focus where a pressed button may be gone. */
  input: RefObject<HTMLTextAreaElement | null>;
  /** Sends the draft, and empties it once the message is stored. */
  send: () => Promise<void>;
  regenerate: Conversation["regenerate"];
  pickExample: (prompt: string) => void;
}

/** Connects a conversation with its draft, the text field and the question about its model. */
export function useChat(place: ConversationPlace, options: UrlOptions, onStored: () => void): Chat {
  const conversation = useConversation(place.conversationId, options);
  const draft = useDraft(place);
  const input = useRef<HTMLTextAreaElement>(null);
  const model = useModelDecision(input, conversation.dismiss);
  const files = useModelFiles();
  return {
    conversation,
    draft,
    model,
    files,
    input,
    send: async () => {
      const sent = draft.text;
      if (!(await conversation.send(sent.trim()))) return;
      draft.removeSent(sent);
      onStored();
    },
    regenerate: (how) => {
      conversation.regenerate(how);
      // The button that was pressed is gone.
      focusForTyping(input.current);
    },
    pickExample: (prompt) => {
      draft.change(withExample(draft.text, prompt));
      input.current?.focus();
    },
  };
}
