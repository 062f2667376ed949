/**
 * Opens a conversation, unless it is null and one is being opened already, and asks for its last answer
 * anew as soon as there is a button for it. Runs in the page, so it refers to nothing outside itself.
 *
 * @returns when it began, on the page's clock
 */
export async function answerAtOnce(hash: string | null): Promise<number> {
  const find = () =>
    [...document.querySelectorAll("button")].find(
      ({ textContent, disabled }) => textContent === "Regenerate" && !disabled,
    );
  // What is on screen belongs to the conversation that is being left.
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
