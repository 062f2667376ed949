import { Menu } from "@base-ui/react/menu";
import { useRef, useState, type KeyboardEvent, type RefObject } from "react";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import type { ConversationActions, ConversationMenuHandle } from "./ConversationMenu.tsx";
import { menuButtonId } from "./ConversationRow.tsx";
import type { ConversationChanges } from "./use-conversation-changes.ts";
import type { RovingFocus } from "./use-roving-focus.ts";
import type { Selection } from "./use-selection.ts";

interface RowActionsOptions {
  ids: readonly string[];
  roving: RovingFocus;
  selection: Selection;
  changes: ConversationChanges;
  /** What gets the focus when the last conversation is gone. */
  fallback: RefObject<HTMLElement | null>;
}

export interface RowActions {
  menu: ConversationMenuHandle;
  actions: ConversationActions;
  /** The row whose title is a text field. */
  renamedId: string | undefined;
  endRename: (conversation: ConversationRecord, title: string | undefined) => void;
  /** What gets the focus when the menu is closed; it is asked once. */
  focusNext: () => HTMLElement | false | undefined;
  /** Does what a key means in the row of a conversation. False if it means nothing. */
  actOnKey: (event: KeyboardEvent, conversation: ConversationRecord) => boolean;
}

/** What can be done in the rows, by their menus and by keys, and where the focus is afterwards. */
export function useRowActions(options: RowActionsOptions): RowActions {
  const { ids, roving, selection, changes, fallback } = options;
  const [menu] = useState(() => Menu.createHandle<ConversationRecord>());
  const [renamedId, setRenamedId] = useState<string>();
  const afterMenu = useRef<HTMLElement | false | undefined>(undefined);
  /** The row that takes the focus from one that goes: the next one, or else the one before. */
  const neighbour = (id: string) => {
    const index = ids.indexOf(id);
    const next = ids[index + 1] ?? ids[index - 1];
    return (next === undefined ? undefined : roving.elementOf(next)) ?? fallback.current;
  };
  const actions: ConversationActions = {
    duplicate: changes.duplicate,
    pin: changes.pin,
    rename: ({ id }) => {
      afterMenu.current = false;
      setRenamedId(id);
    },
    select: ({ id }) => {
      afterMenu.current = false;
      selection.begin(id);
      roving.focus(id);
    },
    remove: (conversation) => {
      afterMenu.current = neighbour(conversation.id) ?? undefined;
      changes.remove([conversation]);
    },
  };
  return {
    menu,
    actions,
    renamedId,
    endRename: (conversation, title) => {
      setRenamedId(undefined);
      if (title !== undefined) changes.rename(conversation, title);
      roving.focus(conversation.id);
    },
    focusNext: () => {
      const next = afterMenu.current;
      afterMenu.current = undefined;
      return next;
    },
    actOnKey: (event, conversation) => {
      if (isMenuKey(event)) menu.open(menuButtonId(conversation.id));
      else if (event.key === "F2") setRenamedId(conversation.id);
      else if (event.key === "Delete") {
        neighbour(conversation.id)?.focus();
        changes.remove([conversation]);
      } else return false;
      event.preventDefault();
      return true;
    },
  };
}

const isMenuKey = ({ key, shiftKey }: KeyboardEvent): boolean =>
  key === "ContextMenu" || (key === "F10" && shiftKey);
