import { lazy, Suspense } from "react";

const Toasts = lazy(async () => ({ default: (await import("../toasts/Toasts.tsx")).Toasts }));
const ShortcutsDialog = lazy(async () => ({
  default: (await import("../shortcuts/ShortcutsDialog.tsx")).ShortcutsDialog,
}));

interface LaterPartsProps {
  isShortcutListOpen: boolean;
  onShortcutListOpenChange: (isOpen: boolean) => void;
}

/** Parts that nobody sees at first. They are fetched once the page was painted. */
export function LaterParts({ isShortcutListOpen, onShortcutListOpenChange }: LaterPartsProps) {
  return (
    <Suspense>
      <Toasts />
      <ShortcutsDialog isOpen={isShortcutListOpen} onOpenChange={onShortcutListOpenChange} />
    </Suspense>
  );
}
