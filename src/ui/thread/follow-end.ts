/** How near to the end, in CSS pixels, a reader still counts as reading along. */
const NEAR_END_PX = 48;

/**
 * Keeps the end of a scrolling element with one child in view while the child grows, until the reader scrolls up. It
 * starts again when they come back to the end. An event `seek` ends it likewise, before the scroller goes elsewhere. Returns the function that ends it.
 */
export function followEnd(scroller: HTMLElement | null): (() => void) | undefined {
  if (!scroller) return undefined;
  let isFollowing = true;
  let lastTop = 0;

  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    // The text may grow faster than it is scrolled, so only an upward move shows that the reader wants to stay.
    if (scrollHeight - scrollTop - clientHeight < NEAR_END_PX) isFollowing = true;
    else if (scrollTop < lastTop) isFollowing = false;
    lastTop = scrollTop;
  };
  const resized = new ResizeObserver(() => {
    if (isFollowing) scroller.scrollTop = scroller.scrollHeight;
  });

  const onSeek = () => (isFollowing = false);

  scroller.addEventListener("seek", onSeek);
  scroller.addEventListener("scroll", onScroll, { passive: true });
  resized.observe(scroller);
  if (scroller.firstElementChild) resized.observe(scroller.firstElementChild);
  return () => {
    resized.disconnect();
    scroller.removeEventListener("scroll", onScroll);
    scroller.removeEventListener("seek", onSeek);
  };
}
