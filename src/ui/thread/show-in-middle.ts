/** In how many frames the place is sought again. */
const FRAMES = 4;

/**
 * Scrolls to an element. What is around it takes its real height only when it comes near the window, so its place is
 * sought again in the next frames. Returns the function that ends this.
 */
export function showInMiddle(element: Element): () => void {
  let frame = 0;
  const show = (left: number) => {
    element.scrollIntoView({ block: "center" });
    if (left > 1) frame = requestAnimationFrame(() => show(left - 1));
  };
  show(FRAMES);
  return () => cancelAnimationFrame(frame);
}
