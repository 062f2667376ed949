import type { PointerEvent } from "react";
import type { Prefetching } from "../../client/hooks/use-prefetch.ts";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { hashOf } from "../address/conversation-location.ts";
import { displayTitle } from "./display-title.ts";

interface ConversationLinkProps {
  conversation: ConversationRecord;
  isOpen: boolean;
  /** The list has one tab stop. The arrow keys go on from there. */
  isTabStop: boolean;
  prefetching: Prefetching;
  onOpen: () => void;
}

/** A link to a conversation, which is prefetched while the link is pointed at, focused or pressed. */
export function ConversationLink({
  conversation,
  isOpen,
  isTabStop,
  prefetching,
  onOpen,
}: ConversationLinkProps) {
  const { id } = conversation;
  const title = displayTitle(conversation);
  // A finger does not hover: a touch enters just before it presses, and leaves just after.
  const ifHovering = (act: () => void) => (event: PointerEvent) => {
    if (event.pointerType !== "touch") act();
  };
  return (
    <a
      href={hashOf(id)}
      dir="auto"
      title={title}
      tabIndex={isTabStop ? 0 : -1}
      aria-current={isOpen ? "page" : undefined}
      data-focus="row"
      onClick={onOpen}
      onPointerEnter={ifHovering(() => prefetching.hover(id))}
      onPointerLeave={ifHovering(() => prefetching.leave(id))}
      onPointerDown={() => prefetching.press(id)}
      onFocus={() => prefetching.hover(id)}
      onBlur={() => prefetching.leave(id)}
    >
      {title}
    </a>
  );
}
