import { useEffect, type RefObject } from "react";

/** As in `sidebar.css`: below this width the sidebar is a drawer over the page. */
export const NARROW = "(max-width: 44rem)";

/** What may be open above the drawer, and has Escape for itself. */
const ABOVE = "[role=dialog], [role=alertdialog], [role=menu]";

/**
 * Makes the sidebar a modal drawer while it is shown in a narrow window: the focus goes in, the rest of the page is inert,
 * and the focus comes back to the button that has opened it. It closes at Escape, and when the window grows.
 */
export function useDrawer(
  drawer: RefObject<HTMLElement | null>,
  isShown: boolean,
  onClose: () => void,
): void {
  useEffect(() => {
    const element = drawer.current;
    const narrow = matchMedia(NARROW);
    if (!isShown || !element || !narrow.matches) return undefined;
    const opener = document.activeElement;
    const others = [...(element.parentElement?.children ?? [])].filter(
      (other) => other !== element && !other.classList.contains("drawer-backdrop"),
    );
    for (const other of others) other.toggleAttribute("inert", true);
    element.querySelector<HTMLElement>("button")?.focus();
    const onChange = () => onClose();
    const onKeyDown = (event: KeyboardEvent) => {
      const taken = event.defaultPrevented || event.isComposing;
      if (event.key !== "Escape" || taken || document.querySelector(ABOVE)) return;
      event.preventDefault();
      onClose();
    };
    narrow.addEventListener("change", onChange);
    document.addEventListener("keydown", onKeyDown);
    return () => {
      narrow.removeEventListener("change", onChange);
      document.removeEventListener("keydown", onKeyDown);
      for (const other of others) other.toggleAttribute("inert", false);
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, [drawer, isShown, onClose]);
}
