import { type RefObject, useRef } from "react";
import type { ConversationPlace } from "../address/conversation-location.ts";
import type { UrlOptions } from "../address/url-options.ts";
import { returnFiles } from "../../client/session/queued-files.ts";
import { useAnswerAnnouncements } from "./use-answer-announcements.ts";
import { useChatShortcuts } from "./use-chat-shortcuts.ts";
import type { HandedFile } from "../../client/local-files/model-files.ts";
import { isModel } from "../attachments/is-model.ts";
import { type DraftFilesState, useDraftFiles } from "../attachments/use-draft-files.ts";
import { type Draft, useDraft } from "../composer/use-draft.ts";
import { type Conversation, useConversation } from "../conversation/use-conversation.ts";
import { focusForTyping } from "../focus-for-typing.ts";
import { type ModelFiles, useModelFiles } from "../models/use-model-files.ts";
import { type ModelDecision, useModelDecision } from "../notices/use-model-decision.ts";
import { useEnterSends } from "../preferences/enter-key.ts";
import { withExample } from "../thread/EmptyThread.tsx";

export interface Chat {
  conversation: Conversation;
  draft: Draft;
  model: ModelDecision;
  /** Opening models in files. */
  files: ModelFiles;
  /** The text files that the message will bring along. */
  attached: DraftFilesState;
  /** Takes what was dropped: a model is opened, and texts are attached. */
  drop: ModelFiles["open"];
  /** The text field, which is given the focus where a pressed button may be gone. */
  input: RefObject<HTMLTextAreaElement | null>;
  /** Whether Enter alone sends; else it makes a new line. */
  enterSends: boolean;
  /** Sends the draft, and empties it once the message is stored. */
  send: () => Promise<void>;
  /** Has the draft sent once the model is free. */
  enqueue: () => Promise<void>;
  /** Puts a queued message back into the text field. */
  editQueued: (id: string) => void;
  regenerate: Conversation["regenerate"];
  continueReply: Conversation["continueReply"];
  pickExample: (prompt: string) => void;
}

/** Connects a conversation with its draft, the text field and the question about its model. */
export function useChat(place: ConversationPlace, options: UrlOptions, onStored: () => void): Chat {
  const conversation = useConversation(place.conversationId, options);
  const draft = useDraft(place);
  const input = useRef<HTMLTextAreaElement>(null);
  const model = useModelDecision(input, conversation.dismiss);
  const files = useModelFiles();
  const enterSends = useEnterSends();
  const regenerate: Conversation["regenerate"] = (how) => {
    conversation.regenerate(how);
    // The button that was pressed is gone.
    focusForTyping(input.current);
  };
  useAnswerAnnouncements(conversation);
  useChatShortcuts(conversation, () => regenerate());
  const attached = useDraftFiles(draft.key);
  return {
    conversation,
    draft,
    model,
    files,
    attached,
    drop: (handed) => void takeDrop(handed, files, attached).catch(reportError),
    input,
    enterSends,
    send: async () => {
      const sent = draft.text;
      const { attachments } = attached;
      if (!(await conversation.send(sent.trim(), attachments))) return;
      draft.removeSent(sent);
      attached.removeSent(attachments);
      onStored();
    },
    enqueue: async () => {
      const waiting = draft.text;
      const { attachments } = attached;
      // What cannot be kept stays where it is.
      if (!(await conversation.enqueue(waiting.trim(), attachments))) return;
      draft.removeSent(waiting);
      attached.removeSent(attachments);
      onStored();
    },
    editQueued: (id) => {
      const { text = "", files } = conversation.takeQueued(id) ?? {};
      draft.change([text, draft.text].filter((part) => part.trim() !== "").join("\n\n"));
      if (files) void returnFiles(draft.key, files);
      input.current?.focus();
    },
    regenerate,
    continueReply: (messageId) => {
      conversation.continueReply(messageId);
      focusForTyping(input.current);
    },
    pickExample: (prompt) => {
      draft.change(withExample(draft.text, prompt));
      input.current?.focus();
    },
  };
}

async function takeDrop(
  handed: Promise<readonly HandedFile[]>,
  models: ModelFiles,
  attached: DraftFilesState,
): Promise<void> {
  const dropped = await handed;
  if (isModel(dropped)) models.open(Promise.resolve(dropped));
  else attached.attach(dropped.map(({ file }) => file));
}
