import { useEffect, useState, type KeyboardEvent, type RefObject } from "react";

/** The part of a row that has the focus: what the row is for, or the button of its menu. */
type Part = "row" | "menu";

interface RovingFocusOptions {
  list: RefObject<HTMLElement | null>;
  ids: readonly string[];
  /** The row that Tab leads to first. */
  first: string;
  scrollTo: (index: number) => void;
}

export interface RovingFocus {
  /** The one row that Tab leads to; -1 where there is none. */
  index: number;
  focus: (id: string) => void;
  /** The element of a row that takes the focus. */
  elementOf: (id: string, part?: Part) => HTMLElement | undefined;
  onFocus: (id: string) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

/**
 * One tab stop for a list of which only a part is on the page. The arrow keys, Home and End go from row to row, and
 * sideways to the button of the row's menu. A row that is to have the focus is drawn first, and then gets it.
 */
export function useRovingFocus({ list, ids, first, scrollTo }: RovingFocusOptions): RovingFocus {
  const [active, setActive] = useState<string>();
  const [wanted, setWanted] = useState<{ id: string }>();
  const index = Math.max(ids.indexOf(active ?? ""), -1);
  const stop =
    index >= 0 ? index : ids.includes(first) ? ids.indexOf(first) : ids.length > 0 ? 0 : -1;

  const elementOf = (id: string, part: Part = "row") =>
    list.current?.querySelector<HTMLElement>(
      `[data-id="${CSS.escape(id)}"] [data-focus="${part}"]`,
    ) ?? undefined;

  useEffect(() => {
    if (!wanted) return;
    list.current
      ?.querySelector<HTMLElement>(`[data-id="${CSS.escape(wanted.id)}"] [data-focus="row"]`)
      ?.focus({ preventScroll: true });
  }, [wanted, list]);

  const focus = (id: string) => {
    setActive(id);
    setWanted({ id });
    scrollTo(ids.indexOf(id));
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const at = event.target as HTMLElement;
    const id = at.closest<HTMLElement>("[data-id]")?.dataset["id"];
    if (id === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const part = at.dataset["focus"] === "menu" ? "menu" : "row";
    const sideways = partAfter(event.key, isRightToLeft(at));
    const next = part === "row" ? indexAfter(event.key, ids.indexOf(id), ids.length) : undefined;
    const target = next === undefined ? undefined : ids[next];
    if (sideways && sideways !== part) elementOf(id, sideways)?.focus();
    else if (target === undefined) return;
    else focus(target);
    event.preventDefault();
  };

  return { index: stop, focus, elementOf, onFocus: setActive, onKeyDown };
}

const isRightToLeft = (element: HTMLElement): boolean =>
  getComputedStyle(element.closest("ul") ?? element).direction === "rtl";

function partAfter(key: string, isReversed: boolean): Part | undefined {
  if (key === "ArrowRight") return isReversed ? "row" : "menu";
  if (key === "ArrowLeft") return isReversed ? "menu" : "row";
  return undefined;
}

function indexAfter(key: string, index: number, count: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return Math.min(index + 1, count - 1);
    case "ArrowUp":
      return Math.max(index - 1, 0);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}
