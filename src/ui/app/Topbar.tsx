import { t } from "@lingui/core/macro";
import { Keyboard, PanelLeft } from "lucide-react";
import { IconButton } from "../IconButton.tsx";

interface TopbarProps {
  /** Matters in a narrow window only. */
  isListShown: boolean;
  onToggleList: () => void;
  onShowShortcuts: () => void;
}

/** The page's name, the button that shows the conversations in a narrow window, and the one that lists the shortcuts. */
export function Topbar({ isListShown, onToggleList, onShowShortcuts }: TopbarProps) {
  return (
    <header className="topbar">
      <IconButton
        className="toggle"
        icon={PanelLeft}
        label={t`Show conversations`}
        aria-expanded={isListShown}
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
    </header>
  );
}
