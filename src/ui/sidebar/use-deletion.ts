import { plural, t } from "@lingui/core/macro";
import {
  useDeleteConversations,
  useDiscardConversations,
  useRestoreConversations,
} from "../../client/hooks/conversation-queries.ts";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import type { ConversationLocation } from "../address/conversation-location.ts";
import { isolated } from "../isolated.ts";
import { toasts } from "../toasts/toast-manager.ts";
import { displayTitle } from "./display-title.ts";

interface Deletion {
  /** Deletes conversations at once, and offers to take that back. */
  remove: (conversations: readonly ConversationRecord[]) => void;
  error: Error | null;
}

/**
 * Deletes conversations without a question. They disappear at once. A toast takes it back while it is there, and when it
 * is gone they are deleted for good. Where the page is left before that, the store does so at its next start.
 */
export function useDeletion(location: ConversationLocation): Deletion {
  const discarding = useDiscardConversations();
  const restoring = useRestoreConversations();
  const deleting = useDeleteConversations();

  const offerUndo = (conversations: readonly ConversationRecord[], openId: string | undefined) => {
    const ids = conversations.map(({ id }) => id);
    let isTakenBack = false;
    const undo = () => {
      isTakenBack = true;
      toasts.close(toastId);
      restoring.mutate(ids, { onSuccess: () => openId !== undefined && location.open(openId) });
    };
    const toastId: string = toasts.add({
      title: deletedSentence(conversations),
      actionProps: { children: t`Undo`, onClick: undo },
      onRemove: () => {
        if (!isTakenBack) deleting.mutate(ids);
      },
    });
  };

  return {
    error: discarding.error ?? restoring.error ?? deleting.error,
    remove: (conversations) => {
      const ids = conversations.map(({ id }) => id);
      const openId = ids.find((id) => id === location.getSnapshot().conversationId);
      discarding.mutate(ids, {
        onSuccess: () => {
          if (openId !== undefined) location.leave(openId);
          offerUndo(conversations, openId);
        },
      });
    },
  };
}

function deletedSentence(conversations: readonly ConversationRecord[]): string {
  const [only] = conversations;
  if (conversations.length === 1 && only)
    return t`“${{ title: isolated(displayTitle(only)) }}” was deleted.`;
  return plural(conversations.length, {
    one: "# conversation was deleted.",
    other: "# conversations were deleted.",
  });
}
