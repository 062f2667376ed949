import {
  type RefObject,
  startTransition,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { whenIdle } from "../when-idle.ts";

/** How many messages are drawn at once, the last ones: more than any window shows. */
const AT_FIRST = 30;

/** How many are drawn above them at a time, while the page has nothing else to do. */
const AT_A_TIME = 40;

interface ShownMessages {
  /** How many messages, the first ones, are not drawn yet. */
  hidden: number;
  /** The first of those that were drawn at once. */
  begun: number;
}

/** Draws the end of a conversation at once, and what is above it bit by bit, without moving what is seen. */
export function useShownMessages(
  scroller: RefObject<HTMLElement | null>,
  count: number,
): ShownMessages {
  const [shown, setShown] = useState<{ start: number; begun: number }>();
  const last = Math.max(0, count - AT_FIRST);
  if (!shown && count > 0) setShown({ start: last, begun: last });
  // Another branch may be shorter.
  const hidden = Math.min(shown?.start ?? last, last);
  const begun = shown?.begun ?? last;
  useKeptPlace(scroller, hidden);
  useEffect(() => {
    if (hidden === 0) return undefined;
    return whenIdle(() => {
      const start = Math.max(0, hidden - AT_A_TIME);
      startTransition(() => setShown({ start, begun }));
    });
  }, [hidden, begun]);
  return { hidden, begun };
}

/** Keeps in place what is seen when something is drawn above it. */
function useKeptPlace(scroller: RefObject<HTMLElement | null>, hidden: number): void {
  const first = useRef<Element>(null);
  useLayoutEffect(() => {
    const { current } = scroller;
    const [now] = current?.querySelector("[role=log]")?.children ?? [];
    const before = first.current;
    first.current = now ?? null;
    if (!current || !now || !before?.isConnected || before === now) return;
    // At its very top, and in Safari, a browser keeps no place by itself.
    if (current.scrollTop > 0 && CSS.supports("overflow-anchor", "auto")) return;
    current.scrollTop += before.getBoundingClientRect().top - now.getBoundingClientRect().top;
  }, [scroller, hidden]);
}
