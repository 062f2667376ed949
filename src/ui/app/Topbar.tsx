import { t } from "@lingui/core/macro";
import { Keyboard, PanelLeft, SquarePen } from "lucide-react";
import { IconButton } from "../IconButton.tsx";

interface TopbarProps {
  isListShown: boolean;
  onToggleList: () => void;
  onShowShortcuts: () => void;
  onNew: () => void;
}

/**
 * The page's name, and buttons: one shows or hides the conversations, one lists the shortcuts, and where the conversations
 * are not on screen, one begins another.
 */
export function Topbar({ isListShown, onToggleList, onShowShortcuts, onNew }: TopbarProps) {
  return (
    <header className="topbar">
      <IconButton
        className="toggle"
        icon={PanelLeft}
        label={isListShown ? t`Hide conversations` : t`Show conversations`}
        aria-controls="conversations"
        onClick={onToggleList}
      />
      <h1>Rekindle</h1>
      <IconButton
        className="shortcuts-button"
        icon={Keyboard}
        label={t`Keyboard shortcuts`}
        onClick={onShowShortcuts}
      />
      {!isListShown && (
        <IconButton
          className="new-button"
          icon={SquarePen}
          label={t`New conversation`}
          onClick={onNew}
        />
      )}
    </header>
  );
}
