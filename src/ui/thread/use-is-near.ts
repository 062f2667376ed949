import { type RefObject, useLayoutEffect, useState } from "react";

const EVENT = "contentvisibilityautostatechange";

/**
 * Whether a message is in the window or near it, or was. A browser that skips what is far away tells when that begins and
 * ends; in one that draws everything, every message is near.
 */
export function useIsNear(element: RefObject<HTMLElement | null>, isFirstShown: boolean): boolean {
  const [isNear, setNear] = useState(isFirstShown || !(`on${EVENT}` in window));
  useLayoutEffect(() => {
    const watched = element.current;
    if (isNear || !watched) return undefined;
    // TypeScript does not know yet which event comes under this name.
    const change = (event: Event) => {
      if (!(event as ContentVisibilityAutoStateChangeEvent).skipped) setNear(true);
    };
    watched.addEventListener(EVENT, change);
    return () => watched.removeEventListener(EVENT, change);
  }, [element, isNear]);
  return isNear;
}
