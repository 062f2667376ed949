import { plural, t } from "@lingui/core/macro";
import type { ReplyFigures, Resumption } from "../../protocol/reply-figures.ts";
import { durationWords, numberWords, speedWords } from "../number-words.ts";

interface Fact {
  name: string;
  value: string;
}

/** What an answer took, as a list of facts. One that is not known is left out. */
export function figureFacts(figures: ReplyFigures): Fact[] {
  const { resumed, ttftMs } = figures;
  return [
    { name: t`Memory`, value: memorySentence(figures) },
    ...(resumed ? [{ name: t`Resumed`, value: resumedSentence(resumed) }] : []),
    ...(ttftMs === undefined ? [] : [{ name: t`First word`, value: firstWord(ttftMs) }]),
    { name: t`Written`, value: writtenSentence(figures) },
  ];
}

/** How much of the prompt was in place, as after going back to a branch, and how much had to be read. */
function memorySentence({ promptTokens, prefilledTokens }: ReplyFigures): string {
  const reused = promptTokens - prefilledTokens;
  const [all, kept] = [numberWords(promptTokens), numberWords(reused)];
  const read = numberWords(prefilledTokens);
  if (reused === 0) return t`All ${all} tokens were read`;
  return t`${kept} of ${all} tokens were in place, ${read} were read`;
}

function resumedSentence({ tokens, loadedTokens, ms, rereadMs }: Resumption): string {
  const words = { tokens: numberWords(tokens), ms: durationWords(ms) };
  if (loadedTokens === 0) return t`${words.tokens} tokens read again in ${words.ms}`;
  const reread = durationWords(rereadMs);
  return t`${words.tokens} tokens in ${words.ms}; reading them again: ${reread}`;
}

function firstWord(ttftMs: number): string {
  return t`after ${{ time: durationWords(ttftMs) }}`;
}

function writtenSentence({ generatedTokens, decodeMs = 0 }: ReplyFigures): string {
  const tokens = plural(generatedTokens, { one: "# token", other: "# tokens" });
  if (decodeMs === 0 || generatedTokens < 2) return tokens;
  const speed = speedWords(((generatedTokens - 1) / decodeMs) * 1000);
  return t`${tokens}, ${speed} tokens/s`;
}
