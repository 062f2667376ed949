/**
 * Copies a text that is yet to be made: some browsers let a page copy only while a press is being handled.
 *
 * @throws DOMException if the browser refuses
 */
export async function copyText(make: () => Promise<string>): Promise<void> {
  const made = make();
  const blob = made.then((text) => new Blob([text], { type: "text/plain" }));
  try {
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
  } catch {
    await navigator.clipboard.writeText(await made);
  }
}
