import type { EngineProgress } from "../../protocol/engine-progress.ts";
import type { TimedModel } from "../sequence/prepared-model.ts";
import { remainingMs } from "../sequence/remaining-time.ts";

interface PromptPart {
  conversationId: string;
  /** Position of its first token. */
  start: number;
  tokens: number;
}

/** Tells how far a prompt was run, from now on. @returns the function to be called with how many tokens were run */
export function tellReading(
  { restorationCosts, layers }: TimedModel,
  { conversationId, start, tokens }: PromptPart,
  tell: (progress: EngineProgress) => void,
): (doneTokens: number) => void {
  const startMs = performance.now();
  const readingMs = (from: number, to: number) =>
    restorationCosts.readingMs({ position: from, tokens: to - from, layers: layers.rowLayers });
  const told = (doneTokens: number) => {
    const at = start + doneTokens;
    const elapsedMs = performance.now() - startMs;
    const [doneMs, leftMs] = [readingMs(start, at), readingMs(at, start + tokens)];
    tell({
      work: "prompt",
      conversationId,
      doneTokens,
      totalTokens: tokens,
      remainingMs: remainingMs({ elapsedMs, doneMs, leftMs }),
    });
  };
  told(0);
  return told;
}
