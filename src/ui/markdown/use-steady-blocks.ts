import { useEffect, useLayoutEffect, useReducer, useRef } from "react";

/**
 * The blocks that are drawn of those of a growing text. What ends a block and what begins the next one may come at once, but
 * a block takes its last form before anything is below it: a table whose columns grow with its last row would otherwise
 * move above what is being written.
 */
export function useSteadyBlocks(blocks: readonly string[], isGrowing: boolean): readonly string[] {
  const drawnBefore = useRef<readonly string[]>([]);
  const wasGrowing = useRef(false);
  const [, drawAgain] = useReducer((times: number) => times + 1, 0);
  const { length } = drawnBefore.current;
  const isEnding =
    wasGrowing.current &&
    blocks.length > length &&
    blocks[length - 1] !== drawnBefore.current[length - 1];
  const drawn = isEnding ? blocks.slice(0, length) : blocks;
  useLayoutEffect(() => {
    drawnBefore.current = drawn;
    wasGrowing.current = isGrowing;
  });
  useEffect(() => {
    if (!isEnding) return undefined;
    // What this asks for is drawn after the next frame.
    const frame = requestAnimationFrame(drawAgain);
    return () => cancelAnimationFrame(frame);
  });
  return drawn;
}
