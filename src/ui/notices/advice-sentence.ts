import { plural, t } from "@lingui/core/macro";
import type { ProcessorAdvice } from "../../client/models/processor-advice.ts";

/** Beyond this many tokens in a second nobody tells speeds apart. */
const FASTEST_SAID = 200;

/** A speed as it can be promised: with one or two digits. */
export function aboutTokens(tokensPerSecond: number): string {
  if (tokensPerSecond >= FASTEST_SAID) return t`over ${{ speed: FASTEST_SAID }} tokens a second`;
  if (tokensPerSecond < 1) return t`less than a token a second`;
  const step = tokensPerSecond < 20 ? 1 : 5;
  const tokens = Math.round(tokensPerSecond / step) * step;
  return plural(tokens, { one: "about a token a second", other: "about # tokens a second" });
}

/** How a model will run on the processor, before it is taken. */
export function adviceSentence(advice: ProcessorAdvice): string {
  switch (advice.is) {
    case "too-large":
      return t`This model runs on a graphics card only: on the processor there is no room for more than 3.5 GB of weights.`;
    case "slow":
      return slowSentence(advice.tokensPerSecond);
    case "quick":
      return t`On the processor this model writes ${{ speed: aboutTokens(advice.tokensPerSecond) }} here.`;
  }
}

function slowSentence(tokensPerSecond: number | undefined): string {
  if (tokensPerSecond === undefined)
    return t`On the processor this model is slow. Models of up to a billion weights in 4 bits do better.`;
  const speed = aboutTokens(tokensPerSecond);
  return t`On the processor this model is slow: it writes ${speed} here, and long messages take it a while. Models of up to a billion weights in 4 bits do better.`;
}

/** The same in a few words, to stand behind a model's name and size. */
export function adviceWords(advice: ProcessorAdvice): string {
  switch (advice.is) {
    case "too-large":
      return t`too large for the processor`;
    case "slow":
      return advice.tokensPerSecond === undefined
        ? t`slow here`
        : aboutTokens(advice.tokensPerSecond);
    case "quick":
      return aboutTokens(advice.tokensPerSecond);
  }
}
