import { t } from "@lingui/core/macro";
import {
  useChangeConversation,
  useCopyConversation,
} from "../../client/hooks/conversation-queries.ts";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import type { ConversationLocation } from "../address/conversation-location.ts";
import { displayTitle } from "./display-title.ts";
import { useDeletion } from "./use-deletion.ts";

/** What a person changes about whole conversations. */
export interface ConversationChanges {
  rename: (conversation: ConversationRecord, title: string) => void;
  pin: (conversation: ConversationRecord, isPinned: boolean) => void;
  /** Makes a copy, and opens it. */
  duplicate: (conversation: ConversationRecord) => void;
  remove: (conversations: readonly ConversationRecord[]) => void;
  /** Why the last change could not be made. */
  error: Error | null;
}

export function useConversationChanges(location: ConversationLocation): ConversationChanges {
  const deletion = useDeletion(location);
  const change = useChangeConversation();
  const copying = useCopyConversation();
  return {
    rename: ({ id }, title) => change.mutate({ id, change: { title } }),
    pin: ({ id }, isPinned) => change.mutate({ id, change: { isPinned } }),
    duplicate: (conversation) =>
      copying.mutate(
        { id: conversation.id, title: t`${{ title: displayTitle(conversation) }} (copy)` },
        { onSuccess: (id) => id !== undefined && location.open(id) },
      ),
    remove: deletion.remove,
    error: deletion.error ?? change.error ?? copying.error,
  };
}
