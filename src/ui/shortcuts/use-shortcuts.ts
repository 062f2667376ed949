import { useEffect, useRef } from "react";
import { shortcutOf, type ShortcutId } from "./shortcuts.ts";

/** What the shortcuts do. One that is absent, or undefined because it can do nothing now, is left to the browser. */
export type ShortcutActions = Partial<Record<ShortcutId, (() => void) | undefined>>;

/** Surfaces that have keys of their own. They are on the page only while they are open. */
const OPEN_SURFACE = "[role=dialog], [role=alertdialog], [role=menu], [role=listbox]";

/** Elements that have Alt with an arrow key open their list. */
const OPENED_BY_ARROWS = "select, [role=combobox]";

/**
 * Does what shortcuts say, wherever the focus is; but not while a dialog or a menu is open, and not after something else
 * has taken the key for itself.
 */
export function useShortcuts(actions: ShortcutActions): void {
  const latest = useRef(actions);
  useEffect(() => void (latest.current = actions));
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector(OPEN_SURFACE)) return;
      const id = shortcutOf(event, isMac());
      const isForList = event.altKey && (event.target as Element).matches(OPENED_BY_ARROWS);
      const act = id && !isForList ? latest.current[id] : undefined;
      if (!act) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}

/** Whether the keyboard has ⌘. Both iPads and Macs say "Mac" in the user agent. */
export const isMac = (): boolean => /Mac|iPhone/.test(navigator.userAgent);
