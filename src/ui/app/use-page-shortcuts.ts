import { useState } from "react";
import { useConversations } from "../../client/hooks/conversation-queries.ts";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import type { ConversationLocation } from "../address/conversation-location.ts";
import { useShortcuts } from "../shortcuts/use-shortcuts.ts";

interface PageShortcuts {
  /** Whether the list of shortcuts is open. */
  isListOpen: boolean;
  setListOpen: (isOpen: boolean) => void;
}

interface Sidebar {
  show: () => void;
  toggle: () => void;
}

/** The shortcuts that lead from one conversation to another, and about the page. */
export function usePageShortcuts(location: ConversationLocation, sidebar: Sidebar): PageShortcuts {
  const [isListOpen, setListOpen] = useState(false);
  const conversations = inListOrder(useConversations().data ?? []);
  const go = (step: 1 | -1) => () => {
    const { conversationId } = location.getSnapshot();
    const index = conversations.findIndex(({ id }) => id === conversationId);
    // A new conversation is not in the list yet. It stands above all others.
    const next = conversations[index + step];
    if (next) location.open(next.id);
  };
  useShortcuts({
    new: () => {
      location.startNew();
      focusComposer();
    },
    search: () => {
      sidebar.show();
      focusSearch();
    },
    next: go(1),
    previous: go(-1),
    sidebar: sidebar.toggle,
    focus: focusComposer,
    list: () => setListOpen(true),
  });
  return { isListOpen, setListOpen };
}

const inListOrder = (all: readonly ConversationRecord[]): ConversationRecord[] => [
  ...all.filter(({ isPinned }) => isPinned),
  ...all.filter(({ isPinned }) => !isPinned),
];

/** Past the list of conversations, which may be long. */
export const focusComposer = () =>
  document.querySelector<HTMLElement>(".composer textarea")?.focus();

/** The field may be hidden until the page is drawn again. */
const focusSearch = () =>
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>("#conversations input[type=search]")?.focus(),
  );
