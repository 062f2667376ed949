import { t } from "@lingui/core/macro";
import type { PointerEvent } from "react";
import type { Prefetching } from "../../client/hooks/use-prefetch.ts";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { hashOf } from "../address/conversation-location.ts";

interface ConversationLinkProps {
  conversation: ConversationRecord;
  isOpen: boolean;
  prefetching: Prefetching;
  onOpen: () => void;
}

/** A link to a conversation, which is prefetched while the link is pointed at, focused or pressed. */
export function ConversationLink({
  conversation,
  isOpen,
  prefetching,
  onOpen,
}: ConversationLinkProps) {
  const { id } = conversation;
  // A finger does not hover: a touch enters just before it presses, and leaves just after.
  const ifHovering = (act: () => void) => (event: PointerEvent) => {
    if (event.pointerType !== "touch") act();
  };
  return (
    <a
      href={hashOf(id)}
      dir="auto"
      aria-current={isOpen ? "page" : undefined}
      onClick={onOpen}
      onPointerEnter={ifHovering(() => prefetching.hover(id))}
      onPointerLeave={ifHovering(() => prefetching.leave(id))}
      onPointerDown={() => prefetching.press(id)}
      onFocus={() => prefetching.hover(id)}
      onBlur={() => prefetching.leave(id)}
    >
      {displayTitle(conversation)}
    </a>
  );
}

/** The title, or words in its place: a link without any text could not be seen or read out. */
export const displayTitle = ({ title }: ConversationRecord): string =>
  title.trim() === "" ? t`Untitled` : title;
