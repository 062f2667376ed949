import {
  defaultRangeExtractor,
  measureElement,
  useVirtualizer,
  type Virtualizer,
} from "@tanstack/react-virtual";
import type { RefObject } from "react";

/** What rows and headings take before they are measured, in CSS pixels. */
const ROW_PX = 36;
const HEADING_PX = 34;

interface VirtualRowsOptions {
  rows: readonly { conversation: { id: string }; heading: string | undefined }[];
  scroller: RefObject<HTMLElement | null>;
  /** The row that stays on the page wherever it is scrolled to: it may have the focus. */
  kept: number;
}

/** Which rows are on the page, and where. */
export function useVirtualRows({
  rows,
  scroller,
  kept,
}: VirtualRowsOptions): Virtualizer<HTMLElement, HTMLLIElement> {
  const estimateSize = (index: number) =>
    ROW_PX + (rows[index]?.heading === undefined ? 0 : HEADING_PX);
  return useVirtualizer<HTMLElement, HTMLLIElement>({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize,
    // A closed drawer's rows measure nothing. If that were believed, the list would be scrolled by all of their heights
    // when it opens.
    measureElement: (row, entry, virtual) =>
      measureElement(row, entry, virtual) || estimateSize(virtual.indexFromElement(row)),
    getItemKey: (index) => rows[index]?.conversation.id ?? index,
    overscan: 8,
    // As good as any until the list is measured.
    initialRect: { width: 256, height: 640 },
    rangeExtractor: (range) => {
      const shown = defaultRangeExtractor(range);
      return kept < 0 || kept >= rows.length || shown.includes(kept)
        ? shown
        : [...shown, kept].sort((some, other) => some - other);
    },
  });
}
