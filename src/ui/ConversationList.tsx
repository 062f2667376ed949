import { type PointerEvent, useState } from "react";
import type { Prefetching } from "../client/use-prefetch.ts";
import type { ConversationRecord } from "../protocol/store-api.ts";
import { hashOf } from "./conversation-location.ts";
import { DeleteDialog } from "./DeleteDialog.tsx";

interface ConversationListProps {
  conversations: readonly ConversationRecord[];
  openId: string;
  prefetching: Prefetching;
  onOpen: () => void;
  onDelete: (conversationId: string) => void;
}

export function ConversationList({
  conversations,
  openId,
  prefetching,
  onOpen,
  onDelete,
}: ConversationListProps) {
  const [doomed, setDoomed] = useState<ConversationRecord | null>(null);
  if (conversations.length === 0) return <p className="hint">Your conversations appear here.</p>;
  return (
    <>
      <ul>
        {conversations.map((conversation) => (
          <li key={conversation.id}>
            <ConversationLink
              conversation={conversation}
              isOpen={conversation.id === openId}
              prefetching={prefetching}
              onOpen={onOpen}
            />
            <button
              type="button"
              className="delete"
              aria-label={`Delete "${conversation.title}"`}
              onClick={() => setDoomed(conversation)}
            >
              <span aria-hidden>×</span>
            </button>
          </li>
        ))}
      </ul>
      {doomed && (
        <DeleteDialog
          title={doomed.title}
          onDecide={(isConfirmed) => {
            setDoomed(null);
            if (isConfirmed) onDelete(doomed.id);
          }}
        />
      )}
    </>
  );
}

interface ConversationLinkProps {
  conversation: ConversationRecord;
  isOpen: boolean;
  prefetching: Prefetching;
  onOpen: () => void;
}

function ConversationLink({ conversation, isOpen, prefetching, onOpen }: ConversationLinkProps) {
  const { id, title } = conversation;
  // A finger is not there before it presses, nor after.
  const ifHovering = (act: () => void) => (event: PointerEvent) => {
    if (event.pointerType !== "touch") act();
  };
  return (
    <a
      href={hashOf(id)}
      aria-current={isOpen ? "page" : undefined}
      onClick={onOpen}
      onPointerEnter={ifHovering(() => prefetching.consider(id))}
      onPointerLeave={ifHovering(() => prefetching.dismiss(id))}
      onPointerDown={() => prefetching.expect(id)}
      onFocus={() => prefetching.consider(id)}
      onBlur={() => prefetching.dismiss(id)}
    >
      {title}
    </a>
  );
}
