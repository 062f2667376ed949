/** Runs in the page. Opens what is folded, and then points at, focuses and follows all that came with messages and names. */
export async function touchEverything(): Promise<void> {
  for (const folded of document.querySelectorAll("[role=log] details, main details"))
    folded.setAttribute("open", "");
  await new Promise((resolve) => setTimeout(resolve, 50));
  const parts =
    "[role=log] article *, nav a, [aria-label='Attached files'] *, main [role=status] *";
  for (const element of document.querySelectorAll<HTMLElement>(parts)) {
    for (const type of [
      "pointerover",
      "mouseover",
      "mouseenter",
      "focus",
      "toggle",
      "error",
      "load",
    ])
      element.dispatchEvent(new Event(type, { bubbles: type.endsWith("over") }));
    if (element.tabIndex >= 0) element.focus();
  }
  // The buttons in messages copy, which is no business of the texts.
  for (const link of document.querySelectorAll<HTMLElement>(
    "[role=log] article :is(a, area, input)",
  ))
    link.click();
}
