import { useState } from "react";
import type { ConversationRecord } from "../protocol/store-api.ts";
import { hashOf } from "./conversation-location.ts";
import { DeleteDialog } from "./DeleteDialog.tsx";

interface ConversationListProps {
  conversations: readonly ConversationRecord[];
  openId: string;
  onOpen: () => void;
  onDelete: (conversationId: string) => void;
}

export function ConversationList({
  conversations,
  openId,
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
            <a
              href={hashOf(conversation.id)}
              aria-current={conversation.id === openId ? "page" : undefined}
              onClick={onOpen}
            >
              {conversation.title}
            </a>
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
