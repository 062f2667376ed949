/** Where that raises no on-screen keyboard over the thread. */
export function focusForTyping(input: HTMLElement | null): void {
  if (matchMedia("(pointer: fine)").matches) input?.focus();
}
