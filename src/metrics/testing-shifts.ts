/** What is counted of layout shifts while an answer is written. */
export interface ShiftCount {
  all: number;
  /** Those of which a source lies above the block that grew in that frame. */
  above: number;
}

/**
 * Counts layout shifts from now on. It stands alone, so that it can also be run in the page of an end-to-end test.
 *
 * The browser tells of a shift later, when the next block may already have begun. So the block that grows is noted in each
 * frame.
 */
export function countShifts(page: Document): ShiftCount {
  const count: ShiftCount = { all: 0, above: 0 };
  const frames: { atMs: number; growing: Element | null }[] = [];
  const note = () => {
    const growing = page.querySelector(".markdown > :last-child");
    frames.push({ atMs: performance.now(), growing });
    if (frames.length > 1000) frames.shift();
    requestAnimationFrame(note);
  };
  note();
  const isAbove = (node: Node | null, growing: Element | null | undefined): boolean =>
    node !== null &&
    growing?.isConnected === true &&
    (growing.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_PRECEDING) !== 0 &&
    !node.contains(growing);
  interface LayoutShift extends PerformanceEntry {
    readonly sources: readonly { readonly node: Node | null }[];
  }
  new PerformanceObserver((list) => {
    for (const { startTime, sources } of list.getEntries() as LayoutShift[]) {
      const growing = frames.findLast(({ atMs }) => atMs <= startTime)?.growing;
      count.all++;
      if (sources.some(({ node }) => isAbove(node, growing))) count.above++;
    }
  }).observe({ type: "layout-shift" });
  return count;
}
