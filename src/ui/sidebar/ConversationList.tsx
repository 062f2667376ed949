import { type PointerEvent, useState } from "react";
import type { Prefetching } from "../../client/hooks/use-prefetch.ts";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { hashOf } from "../address/conversation-location.ts";
import { DeleteDialog } from "./DeleteDialog.tsx";

/** Listed at first, and more each time that is asked for. */
const SHOWN_CONVERSATIONS = 200;

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
  const [parts, setParts] = useState(1);
  const shown = conversations.slice(0, parts * SHOWN_CONVERSATIONS);
  if (conversations.length === 0) return <p className="hint">Your conversations appear here.</p>;
  return (
    <>
      <ul>
        {shown.map((conversation) => (
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
              aria-label={`Delete "${nameOf(conversation)}"`}
              onClick={() => setDoomed(conversation)}
            >
              <span aria-hidden>×</span>
            </button>
          </li>
        ))}
      </ul>
      {shown.length < conversations.length && (
        <button type="button" className="more" onClick={() => setParts(parts + 1)}>
          Show older conversations
        </button>
      )}
      {doomed && (
        <DeleteDialog
          title={nameOf(doomed)}
          onDecide={(isConfirmed) => {
            setDoomed(null);
            if (isConfirmed) onDelete(doomed.id);
          }}
        />
      )}
    </>
  );
}

/** A link without words could not be found. */
const nameOf = ({ title }: ConversationRecord): string =>
  title.trim() === "" ? "Untitled" : title;

interface ConversationLinkProps {
  conversation: ConversationRecord;
  isOpen: boolean;
  prefetching: Prefetching;
  onOpen: () => void;
}

function ConversationLink({ conversation, isOpen, prefetching, onOpen }: ConversationLinkProps) {
  const { id } = conversation;
  // A finger is not there before it presses, nor after.
  const ifHovering = (act: () => void) => (event: PointerEvent) => {
    if (event.pointerType !== "touch") act();
  };
  return (
    <a
      href={hashOf(id)}
      aria-current={isOpen ? "page" : undefined}
      onClick={onOpen}
      onPointerEnter={ifHovering(() => prefetching.hover(id))}
      onPointerLeave={ifHovering(() => prefetching.leave(id))}
      onPointerDown={() => prefetching.press(id)}
      onFocus={() => prefetching.hover(id)}
      onBlur={() => prefetching.leave(id)}
    >
      {nameOf(conversation)}
    </a>
  );
}
