import type { WaitedDevice } from "../../device/device.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import type { StepOutput, Transformer } from "./transformer.ts";

const MIN_TOKENS = 16;
const FIRST_TOKENS = 64;

/**
 * How many tokens the next step has, from how long the last one took. The number doubles while steps are short and
 * halves when they are long, so that fast devices get long steps and slow ones can be interrupted.
 *
 * @param targetMs how long a step should take
 */
export function nextStepTokens(
  tokens: number,
  elapsedMs: number,
  { maxTokens, targetMs }: { maxTokens: number; targetMs: number },
): number {
  if (elapsedMs * 2 <= targetMs) return Math.min(tokens * 2, maxTokens);
  if (elapsedMs > targetMs * 2) return Math.max(tokens / 2, Math.min(MIN_TOKENS, maxTokens));
  return tokens;
}

export interface PrefillOptions {
  start: number;
  /** What the last token leaves to be read. */
  output: StepOutput;
  /** Ends the prefill; it is looked at between steps. */
  signal: AbortSignal;
  /** The layers that the tokens are run through, without any output. All of them, unless given. */
  layers?: IndexRange;
  /** Imitates a GPU that takes this many times as long for every step. */
  slowdown?: number;
  /** Called after each step but the last with how many tokens were run so far. */
  onStep?: (tokens: number) => void;
}

/**
 * Runs tokens through the model at the positions from `start` on, step by step.
 *
 * @returns how many tokens were run: fewer than were given only after `signal`
 */
export async function prefill(
  device: WaitedDevice,
  transformer: Pick<Transformer, "prefillStep" | "prefillLayers" | "stepTokens">,
  tokens: Uint32Array<ArrayBuffer>,
  { start, output, signal, layers, slowdown = 1, onStep }: PrefillOptions,
): Promise<number> {
  assert(tokens.length > 0, "nothing to prefill");
  let done = 0;
  const limits = { maxTokens: transformer.stepTokens, targetMs: device.stepMs };
  let stepTokens = Math.min(FIRST_TOKENS, transformer.stepTokens);
  while (done < tokens.length && !signal.aborted) {
    const begun = performance.now();
    const step = tokens.slice(done, done + stepTokens);
    const last = done + step.length === tokens.length;
    if (layers) transformer.prefillLayers(step, start + done, layers);
    else transformer.prefillStep(step, start + done, last ? output : "none");
    done += step.length;
    // The caller waits for the last step by reading its output.
    if (last && slowdown === 1) break;
    await device.queue.onSubmittedWorkDone();
    await lengthened(performance.now() - begun, slowdown);
    if (!last) onStep?.(done);
    stepTokens = nextStepTokens(stepTokens, performance.now() - begun, limits);
  }
  return done;
}

const lengthened = (ms: number, factor: number): Promise<void> | undefined =>
  factor === 1 ? undefined : new Promise((resolve) => setTimeout(resolve, ms * (factor - 1)));
