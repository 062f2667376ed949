/** Focuses a text field, except where that would raise an on-screen keyboard over the thread. */
export function focusForTyping(input: HTMLElement | null): void {
  if (matchMedia("(pointer: fine)").matches) input?.focus();
}
