import type { ProcessorAdvice } from "../../client/models/processor-advice.ts";

/** Beyond this many tokens in a second nobody tells speeds apart. */
const FASTEST_SAID = 200;

/** A speed as it can be promised: with one or two digits. */
export function aboutTokens(tokensPerSecond: number): string {
  if (tokensPerSecond >= FASTEST_SAID) return `over ${FASTEST_SAID} tokens a second`;
  if (tokensPerSecond < 1) return "less than a token a second";
  const step = tokensPerSecond < 20 ? 1 : 5;
  const tokens = Math.round(tokensPerSecond / step) * step;
  return tokens === 1 ? "about a token a second" : `about ${tokens} tokens a second`;
}

/** How a model will run on the processor, before it is taken. */
export function adviceSentence(advice: ProcessorAdvice): string {
  switch (advice.is) {
    case "too-large":
      return "This model runs on a graphics card only: on the processor there is no room for more than 3.5 GB of weights.";
    case "slow":
      return `On the processor this model is slow${slowness(advice.tokensPerSecond)}. Models of up to a billion weights in 4 bits do better.`;
    case "quick":
      return `On the processor this model writes ${aboutTokens(advice.tokensPerSecond)} here.`;
  }
}

const slowness = (tokensPerSecond: number | undefined): string =>
  tokensPerSecond === undefined
    ? ""
    : `: it writes ${aboutTokens(tokensPerSecond)} here, and long messages take it a while`;

/** The same in a few words, to stand behind a model's name and size. */
export function adviceWords(advice: ProcessorAdvice): string {
  switch (advice.is) {
    case "too-large":
      return "too large for the processor";
    case "slow":
      return advice.tokensPerSecond === undefined
        ? "slow here"
        : aboutTokens(advice.tokensPerSecond);
    case "quick":
      return aboutTokens(advice.tokensPerSecond);
  }
}
