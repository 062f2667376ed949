import { t } from "@lingui/core/macro";
import { Menu } from "@base-ui/react/menu";
import {
  ClipboardCopy,
  Copy,
  Download,
  FileText,
  ListChecks,
  Pencil,
  Pin,
  PinOff,
  Trash2,
  type LucideIcon,
} from "lucide-react";
import { useRef } from "react";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { announce } from "../announcer/announce.ts";
import { useConversationExport } from "../transfer/use-conversation-export.ts";

/** Connects the menu with the buttons that open it, each for the conversation of its row. */
export type ConversationMenuHandle = Menu.Handle<ConversationRecord>;

/** What can be done with a conversation from its row. */
export interface ConversationActions {
  rename: (conversation: ConversationRecord) => void;
  duplicate: (conversation: ConversationRecord) => void;
  pin: (conversation: ConversationRecord, isPinned: boolean) => void;
  select: (conversation: ConversationRecord) => void;
  remove: (conversation: ConversationRecord) => void;
}

interface ConversationMenuProps {
  handle: ConversationMenuHandle;
  actions: ConversationActions;
  /** What gets the focus when the menu is closed; undefined for the button that has opened it, false for nothing. */
  focusNext: () => HTMLElement | false | undefined;
}

/** The menu of all rows. It is one, for whichever row it was opened. */
export function ConversationMenu({ handle, actions, focusNext }: ConversationMenuProps) {
  // Inside the navigation that it belongs to, those who go from landmark to landmark find it.
  const place = useRef<HTMLDivElement>(null);
  return (
    <>
      <Menu.Root handle={handle}>
        {({ payload: conversation }) => (
          <Menu.Portal container={place}>
            <Menu.Positioner className="menu-positioner" side="bottom" align="start" sideOffset={4}>
              <Menu.Popup className="menu" finalFocus={() => focusNext() ?? true}>
                {conversation && <MenuItems conversation={conversation} actions={actions} />}
              </Menu.Popup>
            </Menu.Positioner>
          </Menu.Portal>
        )}
      </Menu.Root>
      <div ref={place} />
    </>
  );
}

const announceShown = (text: string) => announce(text, { isShown: true });

interface MenuItemsProps {
  conversation: ConversationRecord;
  actions: ConversationActions;
}

function MenuItems({ conversation, actions }: MenuItemsProps) {
  const isPinned = conversation.isPinned === true;
  const exporting = useConversationExport(announceShown);
  return (
    <>
      <Item icon={Pencil} label={t`Rename`} onClick={() => actions.rename(conversation)} />
      <Item icon={Copy} label={t`Duplicate`} onClick={() => actions.duplicate(conversation)} />
      <Item
        icon={isPinned ? PinOff : Pin}
        label={isPinned ? t`Unpin` : t`Pin`}
        onClick={() => actions.pin(conversation, !isPinned)}
      />
      <Item icon={ListChecks} label={t`Select`} onClick={() => actions.select(conversation)} />
      <Menu.Separator className="menu-separator" />
      <Item
        icon={Download}
        label={t`Export as JSON`}
        onClick={() => exporting.saveJson(conversation)}
      />
      <Item
        icon={FileText}
        label={t`Export as Markdown`}
        onClick={() => exporting.saveMarkdown(conversation)}
      />
      <Item
        icon={ClipboardCopy}
        label={t`Copy as Markdown`}
        onClick={() => exporting.copyMarkdown(conversation)}
      />
      <Menu.Separator className="menu-separator" />
      <Item
        icon={Trash2}
        label={t`Delete`}
        className="danger"
        onClick={() => actions.remove(conversation)}
      />
    </>
  );
}

interface ItemProps {
  icon: LucideIcon;
  label: string;
  className?: string;
  onClick: () => void;
}

function Item({ icon: Icon, label, className = "", onClick }: ItemProps) {
  return (
    <Menu.Item className={`menu-item ${className}`.trim()} onClick={onClick}>
      <Icon aria-hidden size="1.0625em" />
      {label}
    </Menu.Item>
  );
}
