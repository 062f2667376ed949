import { t } from "@lingui/core/macro";
import { Menu } from "@base-ui/react/menu";
import { Ellipsis } from "lucide-react";
import type { Prefetching } from "../../client/hooks/use-prefetch.ts";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { IconButton } from "../IconButton.tsx";
import { ConversationLink } from "./ConversationLink.tsx";
import type { ConversationMenuHandle } from "./ConversationMenu.tsx";
import { displayTitle } from "./display-title.ts";
import { RenameField } from "./RenameField.tsx";

/** The id of the button that opens a row's menu. */
export const menuButtonId = (conversationId: string): string => `more ${conversationId}`;

export interface ConversationRowProps {
  conversation: ConversationRecord;
  isOpen: boolean;
  isTabStop: boolean;
  isRenamed: boolean;
  /** Whether it is selected; undefined while nothing is being selected. */
  isSelected: boolean | undefined;
  menu: ConversationMenuHandle;
  prefetching: Prefetching;
  onOpen: () => void;
  onRename: (title: string | undefined) => void;
  onSelect: () => void;
}

/** One line of the list: a link and a menu, or a field for a new title, or a box to be ticked. */
export function ConversationRow({ menu, ...props }: ConversationRowProps) {
  const { conversation, isRenamed, isSelected, isTabStop, onRename, onSelect } = props;
  const title = displayTitle(conversation);
  if (isRenamed)
    return (
      <div className="conversation-row">
        <RenameField title={conversation.title} onEnd={onRename} />
      </div>
    );
  if (isSelected !== undefined)
    return (
      <label className="conversation-row selectable">
        <input
          type="checkbox"
          checked={isSelected}
          onChange={onSelect}
          tabIndex={isTabStop ? 0 : -1}
          data-focus="row"
        />
        <span dir="auto" title={title}>
          {title}
        </span>
      </label>
    );
  return (
    <div className="conversation-row">
      <ConversationLink {...props} />
      <Menu.Trigger
        id={menuButtonId(conversation.id)}
        handle={menu}
        payload={conversation}
        data-focus="menu"
        render={
          <IconButton
            icon={Ellipsis}
            label={t`More actions for “${{ title }}”`}
            className="row-menu"
            tabIndex={-1}
          />
        }
      />
    </div>
  );
}
