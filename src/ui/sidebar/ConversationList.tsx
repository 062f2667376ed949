import { t } from "@lingui/core/macro";
import { AlertDialog } from "@base-ui/react/alert-dialog";
import { useState } from "react";
import type { Prefetching } from "../../client/hooks/use-prefetch.ts";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { MoreButton } from "../MoreButton.tsx";
import { usePortion } from "../use-portion.ts";
import { ConversationLink, displayTitle } from "./ConversationLink.tsx";
import { DeleteDialog, type DeleteHandle } from "./DeleteDialog.tsx";

/** How many conversations are listed at first, and how many more each time that is asked for. */
const SHOWN_CONVERSATIONS = 200;

interface ConversationListProps {
  conversations: readonly ConversationRecord[];
  openId: string;
  prefetching: Prefetching;
  onOpen: () => void;
  onDelete: (conversationId: string) => void;
}

export function ConversationList({ conversations, onDelete, ...props }: ConversationListProps) {
  const [deletion] = useState(() => AlertDialog.createHandle<ConversationRecord>());
  const [shown, showMore] = usePortion(SHOWN_CONVERSATIONS);
  if (conversations.length === 0)
    return <p className="hint">{t`Your conversations appear here.`}</p>;
  return (
    <>
      <ul>
        {conversations.slice(0, shown).map((conversation) => (
          <ConversationItem
            key={conversation.id}
            conversation={conversation}
            deletion={deletion}
            {...props}
          />
        ))}
      </ul>
      {shown < conversations.length && (
        <MoreButton label={t`Show older conversations`} onMore={showMore} />
      )}
      <DeleteDialog handle={deletion} onConfirm={onDelete} />
    </>
  );
}

interface ConversationItemProps extends Pick<
  ConversationListProps,
  "openId" | "prefetching" | "onOpen"
> {
  conversation: ConversationRecord;
  deletion: DeleteHandle;
}

function ConversationItem({ conversation, openId, deletion, ...props }: ConversationItemProps) {
  return (
    <li>
      <ConversationLink
        conversation={conversation}
        isOpen={conversation.id === openId}
        {...props}
      />
      <AlertDialog.Trigger
        handle={deletion}
        payload={conversation}
        className="delete"
        aria-label={t`Delete "${{ title: displayTitle(conversation) }}"`}
      >
        <span aria-hidden>×</span>
      </AlertDialog.Trigger>
    </li>
  );
}
