import { t } from "@lingui/core/macro";
import type { Modifier, Shortcut, ShortcutId } from "./shortcuts.ts";

/** What a shortcut does. */
export function shortcutName(id: ShortcutId): string {
  switch (id) {
    case "new":
      return t`New conversation`;
    case "search":
      return t`Search conversations`;
    case "next":
      return t`Next conversation`;
    case "previous":
      return t`Previous conversation`;
    case "sidebar":
      return t`Show or hide the conversations`;
    case "focus":
      return t`Go to the message field`;
    case "stop":
      return t`Stop the answer`;
    case "regenerate":
      return t`Regenerate the last answer`;
    case "copy":
      return t`Copy the last answer`;
    case "answer":
      return t`Go to the last answer`;
    case "list":
      return t`Keyboard shortcuts`;
  }
}

/** The keys of a shortcut by the names that are on them, in the order in which they are pressed. */
export function keyNames({ modifiers, key }: Shortcut, isMac: boolean): string[] {
  return [...modifiers.map((modifier) => modifierName(modifier, isMac)), keyName(key, isMac)];
}

function modifierName(modifier: Modifier, isMac: boolean): string {
  switch (modifier) {
    case "mod":
      return isMac ? "⌘" : t`Ctrl`;
    case "alt":
      return isMac ? "⌥" : t`Alt`;
    case "shift":
      return isMac ? "⇧" : t`Shift`;
  }
}

function keyName(key: string, isMac: boolean): string {
  switch (key) {
    case "ArrowUp":
      return "↑";
    case "ArrowDown":
      return "↓";
    case "Escape":
      return t`Esc`;
    case "Enter":
      return isMac ? "↩" : t`Enter`;
    default:
      return key.toUpperCase();
  }
}
