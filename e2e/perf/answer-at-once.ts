/**
 * Opens the conversation of `hash`, and asks for its last answer anew as soon as there is a button for it. With null it
 * opens none, because one is being opened already. Runs in the page, so it refers to nothing outside itself.
 *
 * @returns when it began, on the page's clock
 */
export async function answerAtOnce(hash: string | null): Promise<number> {
  const find = () =>
    [...document.querySelectorAll("button")].find(
      ({ textContent, disabled }) => textContent === "Regenerate" && !disabled,
    );
  // The button that is on screen now belongs to the conversation that is being left.
  const left = hash === null ? undefined : find();
  const startMs = performance.now();
  if (hash !== null) location.hash = hash;
  await new Promise<void>((resolve) => {
    const look = () => {
      const button = find();
      if (!button || button === left) return;
      observer.disconnect();
      button.click();
      resolve();
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { subtree: true, childList: true, attributes: true });
    look();
  });
  return startMs;
}
