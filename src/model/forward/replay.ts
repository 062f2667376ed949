import { assert } from "../../shared/assert.ts";
import { nextStepTokens } from "./prefill.ts";
import type { Transformer } from "./transformer.ts";

const FIRST_TOKENS = 32;
/** How long a step should take, in ms: a turn that begins meanwhile waits about that long. */
const TARGET_MS = 100;

interface ReplayOptions {
  start: number;
  /** Ends the replay; it is looked at between steps, which take about as long as those of a prefill. */
  signal: AbortSignal;
}

/**
 * Runs known tokens through the model (teacher forcing) at the positions from `start` on, and writes their rows. Many
 * tokens are run at once, whereas the tokens of a reply are decoded one by one.
 *
 * @returns the logits after each token, [tokens][activeVocab]; undefined after `signal`
 */
export async function replay(
  transformer: Pick<Transformer, "replayStep" | "replayTokens">,
  tokens: Uint32Array<ArrayBuffer>,
  { start, signal }: ReplayOptions,
): Promise<Float32Array[] | undefined> {
  assert(tokens.length > 0, "nothing to replay");
  const logits: Float32Array[] = [];
  const limits = { maxTokens: transformer.replayTokens, targetMs: TARGET_MS };
  let stepTokens = Math.min(FIRST_TOKENS, transformer.replayTokens);
  while (logits.length < tokens.length) {
    if (signal.aborted) return undefined;
    const begun = performance.now();
    const done = logits.length;
    const step = tokens.slice(done, done + stepTokens);
    logits.push(...(await transformer.replayStep(step, start + done)));
    stepTokens = nextStepTokens(stepTokens, performance.now() - begun, limits);
  }
  return logits;
}
