import type { ReplyFigures, Resumption } from "../../protocol/reply-figures.ts";
import { fieldsOf, isCount, isTime } from "../../shared/record-fields.ts";

/** No context is as long as this. */
const MAX_TOKENS = 2 ** 32;

/** Checks the figures of a reply. Counts that contradict each other make none; a time that is none is left out. */
export function asFigures(value: unknown): ReplyFigures | undefined {
  const { promptTokens, prefilledTokens, generatedTokens, ...times } = fieldsOf(value) ?? {};
  if (!isCount(promptTokens, MAX_TOKENS) || !isCount(prefilledTokens, promptTokens))
    return undefined;
  if (!isCount(generatedTokens, MAX_TOKENS)) return undefined;
  const { ttftMs, decodeMs, resumed } = times;
  const known = asResumption(resumed);
  return {
    promptTokens,
    prefilledTokens,
    generatedTokens,
    ...(isTime(ttftMs) && { ttftMs }),
    ...(isTime(decodeMs) && { decodeMs }),
    ...(known && { resumed: known }),
  };
}

function asResumption(value: unknown): Resumption | undefined {
  const { tokens, loadedTokens, ms, rereadMs } = fieldsOf(value) ?? {};
  if (!isCount(tokens, MAX_TOKENS) || !isCount(loadedTokens, tokens)) return undefined;
  return isTime(ms) && isTime(rereadMs) ? { tokens, loadedTokens, ms, rereadMs } : undefined;
}
