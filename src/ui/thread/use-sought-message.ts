import { useEffect, type RefObject } from "react";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { showInMiddle } from "./show-in-middle.ts";

interface SoughtMessage {
  scroller: RefObject<HTMLElement | null>;
  /** The message that is to be shown; undefined if none is. */
  sought: { messageId: string } | undefined;
  /** The messages of the branch that is shown. */
  messages: readonly MessageRecord[];
  /** How many of them, the first ones, are not on the page yet. */
  hidden: number;
}

/** How long the message that was sought stands out, in milliseconds. */
const MARKED_MS = 2500;

/** Scrolls to the message that is sought, once it is there, and marks it for a moment. */
export function useSoughtMessage({ scroller, sought, messages, hidden }: SoughtMessage): void {
  const index = sought ? messages.findIndex(({ id }) => id === sought.messageId) : -1;
  const isThere = index >= hidden;
  useEffect(() => {
    const message = sought && isThere ? elementOf(scroller.current, sought.messageId) : undefined;
    if (!message) return undefined;
    // Whoever reads here does not want to be taken to the end when an image or a formula takes its place.
    scroller.current?.dispatchEvent(new Event("seek"));
    const leave = showInMiddle(message);
    message.classList.add("sought");
    const timer = setTimeout(() => message.classList.remove("sought"), MARKED_MS);
    return () => {
      leave();
      clearTimeout(timer);
    };
  }, [scroller, sought, isThere]);
}

const elementOf = (scroller: HTMLElement | null, messageId: string): Element | undefined =>
  scroller?.querySelector(`[data-message-id="${CSS.escape(messageId)}"]`) ?? undefined;
