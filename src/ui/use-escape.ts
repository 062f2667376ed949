import { useEffect } from "react";

/** Dialogs are on the page only while they are open. */
const DIALOG = "[role=dialog], [role=alertdialog]";

/**
 * Calls `onEscape` when Escape is pressed anywhere on the page, except where it closes a dialog or ends an input
 * method's composition.
 */
export function useEscape(active: boolean, onEscape: () => void): void {
  useEffect(() => {
    if (!active) return undefined;
    const listen = (event: KeyboardEvent) => {
      const taken = event.defaultPrevented || event.isComposing;
      if (event.key !== "Escape" || taken || document.querySelector(DIALOG)) return;
      event.preventDefault();
      onEscape();
    };
    document.addEventListener("keydown", listen);
    return () => {
      document.removeEventListener("keydown", listen);
    };
  }, [active, onEscape]);
}
