import { useEffect } from "react";

/** Calls `onEscape` wherever on the page Escape is pressed, but for dialogs and compositions, which it ends. */
export function useEscape(active: boolean, onEscape: () => void): void {
  useEffect(() => {
    if (!active) return undefined;
    const listen = (event: KeyboardEvent) => {
      const taken = event.defaultPrevented || event.isComposing;
      if (event.key !== "Escape" || taken || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      onEscape();
    };
    document.addEventListener("keydown", listen);
    return () => {
      document.removeEventListener("keydown", listen);
    };
  }, [active, onEscape]);
}
