/**
 * Opens the conversation of `hash`, and asks for its last answer anew as soon as there is a button for it. With null it
 * opens none, because one is being opened already. Runs in the page, so it refers to nothing outside itself. It
 * gives up after five minutes, with what is on screen then.
 *
 * @returns when it began, on the page's clock
 */
export async function answerAtOnce(hash: string | null): Promise<number> {
  const find = () =>
    [...document.querySelectorAll("button")].find(
      ({ ariaLabel, disabled }) => ariaLabel === "Regenerate" && !disabled,
    );
  const textOf = ({ textContent }: Element) => textContent;
  // The button that is on screen now belongs to the conversation that is being left.
  const left = hash === null ? undefined : find();
  const startMs = performance.now();
  if (hash !== null) location.hash = hash;
  await new Promise<void>((resolve, reject) => {
    const giveUp = setTimeout(() => {
      observer.disconnect();
      const status = [...document.querySelectorAll("[role=status], [role=alert], [role=region]")];
      reject(new Error(`no answer can be asked for: ${status.map(textOf).join("; ")}`));
    }, 300_000);
    const look = () => {
      const button = find();
      if (!button || button === left) return;
      observer.disconnect();
      clearTimeout(giveUp);
      button.click();
      resolve();
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { subtree: true, childList: true, attributes: true });
    look();
  });
  return startMs;
}
