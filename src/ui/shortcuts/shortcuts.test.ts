import { expect, test } from "vitest";
import { type PressedKey, shortcutOf, SHORTCUTS } from "./shortcuts.ts";

const pressed = (change: Partial<PressedKey>): PressedKey => ({
  key: "",
  code: "",
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  isComposing: false,
  ...change,
});
const NEW = { key: "O", code: "KeyO", ctrlKey: true, shiftKey: true };

test("every shortcut is found by its keys, on a Mac with ⌘ in place of Ctrl", () => {
  for (const isMac of [false, true])
    for (const { id, key, modifiers } of SHORTCUTS) {
      const mod = modifiers.includes("mod");
      const held = {
        [isMac ? "metaKey" : "ctrlKey"]: mod,
        altKey: modifiers.includes("alt"),
        shiftKey: modifiers.includes("shift"),
      };
      expect(shortcutOf(pressed({ key, ...held }), isMac)).toBe(id);
      if (mod) expect(shortcutOf(pressed({ key, ...held }), !isMac)).toBeUndefined();
    }
});

test("SC1: nothing is a shortcut while an input method composes", () => {
  expect(shortcutOf(pressed(NEW), false)).toBe("new");
  expect(shortcutOf(pressed({ ...NEW, isComposing: true }), false)).toBeUndefined();
});

test("SC2: a letter is what is written on the key, or else stands in its place", () => {
  expect(shortcutOf(pressed({ ...NEW, code: "KeyS" }), false)).toBe("new");
  expect(shortcutOf(pressed({ ...NEW, key: "щ" }), false)).toBe("new");
  expect(shortcutOf(pressed({ ...NEW, key: "r", code: "KeyO" }), false)).toBeUndefined();
});

test("SC3: no other modifier may be held, except Shift where the sign needs it", () => {
  expect(shortcutOf(pressed({ ...NEW, altKey: true }), false)).toBeUndefined();
  expect(shortcutOf(pressed({ key: "k", ctrlKey: true, shiftKey: true }), false)).toBeUndefined();
  expect(shortcutOf(pressed({ key: "k", metaKey: true, ctrlKey: true }), false)).toBeUndefined();
  expect(shortcutOf(pressed({ key: "/", ctrlKey: true, shiftKey: true }), false)).toBe("list");
});
