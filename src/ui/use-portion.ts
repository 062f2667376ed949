import { useState } from "react";

/**
 * How much of something long is shown: one step at first, and one step more each time it is asked for.
 *
 * @returns how much that is, in the step's unit, and the function that asks for more
 */
export function usePortion(step: number): [shown: number, showMore: () => void] {
  const [steps, setSteps] = useState(1);
  return [steps * step, () => setSteps(steps + 1)];
}
