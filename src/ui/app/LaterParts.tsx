import { laterPart } from "../later/later-part.tsx";
import { useLaterDialog } from "../later/use-later-dialog.ts";

const Toasts = laterPart(async () => (await import("../toasts/Toasts.tsx")).Toasts);
const ShortcutsDialog = laterPart(
  async () => (await import("../shortcuts/ShortcutsDialog.tsx")).ShortcutsDialog,
);

interface LaterPartsProps {
  isShortcutListOpen: boolean;
  onShortcutListOpenChange: (isOpen: boolean) => void;
}

/** Parts that nobody sees at first. They are fetched once the page was painted. */
export function LaterParts({ isShortcutListOpen, onShortcutListOpenChange }: LaterPartsProps) {
  useLaterDialog(ShortcutsDialog, isShortcutListOpen, () => onShortcutListOpenChange(false));
  return (
    <>
      <Toasts />
      <ShortcutsDialog isOpen={isShortcutListOpen} onOpenChange={onShortcutListOpenChange} />
    </>
  );
}
