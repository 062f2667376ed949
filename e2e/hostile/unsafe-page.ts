/**
 * Runs in a page without a policy. It does what must never be done: each input is taken for markup, and all that a person
 * could press is pressed. Markdown's links and pictures become those of HTML, as careless renderers do it.
 */
export async function unsafePage(inputs: readonly string[]): Promise<void> {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 4));
  const markup = (text: string) =>
    text
      .replace(/!\[([^\]]*)\]\(<?([^)]*)>?\)/g, '<img alt="$1" src="$2">')
      .replace(/\[([^\]]*)\]\(<?([^)]*)>?\)/g, '<a href="$2">$1</a>');
  // Where a link leads within the page's own origin or to an empty page, the loop would end with the page.
  const { navigation } = window as unknown as { navigation: EventTarget };
  navigation.addEventListener("navigate", (event) => {
    const { url } = (event as Event & { destination: { url: string } }).destination;
    const isElsewhere = /^https?:/.test(url) && new URL(url).origin !== location.origin;
    if (!isElsewhere) event.preventDefault();
  });
  for (const [i, input] of inputs.entries()) {
    const place = document.createElement("div");
    document.body.append(place);
    place.innerHTML = markup(input.replaceAll("__pwned()", `__pwned(${String(i)})`));
    for (const element of place.querySelectorAll<HTMLElement>("*")) {
      for (const type of ["mouseover", "focus", "toggle"])
        element.dispatchEvent(new Event(type, { bubbles: true }));
      if (["A", "AREA", "BUTTON", "INPUT", "DIV", "TEXT"].includes(element.tagName.toUpperCase()))
        element.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
      await pause();
    }
    await pause();
    // What an input has made of the whole page would hide the next one.
    place.remove();
    for (const made of document.querySelectorAll("base, meta")) made.remove();
  }
}
