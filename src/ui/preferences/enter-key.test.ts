import { expect, test, vi } from "vitest";
import { enterAloneSends, sends } from "./enter-key.ts";

const ENTER = {
  key: "Enter",
  shiftKey: false,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  isComposing: false,
};

test("EK1: no other key sends, and no Enter that ends a composition", () => {
  for (const aloneSends of [true, false]) {
    expect(sends({ ...ENTER, key: "a" }, aloneSends)).toBe(false);
    expect(sends({ ...ENTER, isComposing: true }, aloneSends)).toBe(false);
    expect(sends({ ...ENTER, ctrlKey: true, keyCode: 229 }, aloneSends)).toBe(false);
  }
});

test("EK2: Shift and Alt make a new line", () => {
  expect(sends({ ...ENTER, shiftKey: true }, true)).toBe(false);
  expect(sends({ ...ENTER, altKey: true }, true)).toBe(false);
});

test("EK3: Ctrl and ⌘ send", () => {
  expect(sends({ ...ENTER, ctrlKey: true }, false)).toBe(true);
  expect(sends({ ...ENTER, metaKey: true }, false)).toBe(true);
});

test("EK4: Enter alone does what is preferred", () => {
  expect(sends(ENTER, true)).toBe(true);
  expect(sends(ENTER, false)).toBe(false);
});

test("Enter alone makes a new line on a touch keyboard, if nothing else is preferred", () => {
  for (const isTouch of [true, false]) {
    vi.stubGlobal("matchMedia", () => ({ matches: isTouch }));
    expect(enterAloneSends("auto")).toBe(!isTouch);
    expect(enterAloneSends("sends")).toBe(true);
    expect(enterAloneSends("new-line")).toBe(false);
  }
});
