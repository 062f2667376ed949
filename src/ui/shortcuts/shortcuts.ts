/** What a shortcut is pressed with, besides its key. "mod" is ⌘ on a Mac, and Ctrl elsewhere. */
export type Modifier = "mod" | "alt" | "shift";

/** What can be done by a shortcut. */
export type ShortcutId =
  | "new"
  | "search"
  | "next"
  | "previous"
  | "sidebar"
  | "focus"
  | "stop"
  | "regenerate"
  | "copy"
  | "answer"
  | "list";

export interface Shortcut {
  id: ShortcutId;
  /** As `KeyboardEvent.key` has it; letters are small. */
  key: string;
  modifiers: readonly Modifier[];
}

/**
 * All shortcuts. None is a key that a screen reader takes for itself, that makes a character on some keyboard, or that a
 * browser does not let go of. Where a browser has another use for one, the other chats of the web have the same.
 */
export const SHORTCUTS: readonly Shortcut[] = [
  { id: "new", key: "o", modifiers: ["mod", "shift"] },
  { id: "search", key: "k", modifiers: ["mod"] },
  { id: "next", key: "ArrowDown", modifiers: ["alt"] },
  { id: "previous", key: "ArrowUp", modifiers: ["alt"] },
  { id: "sidebar", key: "b", modifiers: ["mod"] },
  { id: "focus", key: "Escape", modifiers: ["shift"] },
  // This one is the composer's: it listens only while there is something to stop.
  { id: "stop", key: "Escape", modifiers: [] },
  { id: "regenerate", key: "Enter", modifiers: ["mod", "shift"] },
  { id: "copy", key: "c", modifiers: ["mod", "shift"] },
  { id: "answer", key: "l", modifiers: ["mod", "shift"] },
  { id: "list", key: "/", modifiers: ["mod"] },
];

/** What is known of a key that was pressed anywhere on the page. */
export interface PressedKey {
  key: string;
  /** The place of the key, which is the same on every keyboard. */
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  isComposing: boolean;
}

/**
 * The shortcut that was pressed, if any.
 *
 * SC1. While an input method composes, nothing is a shortcut.
 * SC2. A letter is what is written on the key; on keyboards of other scripts, what is written there on a Latin one.
 * SC3. All of a shortcut's modifiers are held, and no others. A sign such as "/" may need Shift, so there it is not
 *      looked at.
 */
export function shortcutOf(pressed: PressedKey, isMac: boolean): ShortcutId | undefined {
  if (pressed.isComposing) return undefined;
  const key = latinKey(pressed);
  const { ctrlKey, metaKey, altKey, shiftKey } = pressed;
  const [mod, other] = isMac ? [metaKey, ctrlKey] : [ctrlKey, metaKey];
  if (other) return undefined;
  return SHORTCUTS.find(
    ({ key: wanted, modifiers }) =>
      wanted === key &&
      modifiers.includes("mod") === mod &&
      modifiers.includes("alt") === altKey &&
      (key === "/" || modifiers.includes("shift") === shiftKey),
  )?.id;
}

function latinKey({ key, code }: PressedKey): string {
  const [, placed] = /^Key([A-Z])$/.exec(code) ?? [];
  const isLatin = /^[a-z]$/i.test(key);
  return placed !== undefined && !isLatin
    ? placed.toLowerCase()
    : isLatin
      ? key.toLowerCase()
      : key;
}
