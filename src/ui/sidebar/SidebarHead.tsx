import { t } from "@lingui/core/macro";
import { SquarePen, X } from "lucide-react";
import type { RefObject } from "react";
import { IconButton } from "../IconButton.tsx";

interface SidebarHeadProps {
  newButton: RefObject<HTMLButtonElement | null>;
  onNew: () => void;
  /** Closes the drawer that the sidebar is in a narrow window. */
  onClose: () => void;
}

export function SidebarHead({ newButton, onNew, onClose }: SidebarHeadProps) {
  return (
    <div className="sidebar-head">
      <button ref={newButton} type="button" className="new-conversation" onClick={onNew}>
        <SquarePen aria-hidden size="1.0625em" />
        {t`New conversation`}
      </button>
      <IconButton
        icon={X}
        label={t`Close conversations`}
        className="close-drawer"
        onClick={onClose}
      />
    </div>
  );
}
